"""An event reaches its listeners: some inside of its transaction, the others behind the commit."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading, transaction
from wxcloudrun.kit.events import Event, EventKind, Listeners, Subject, announce
from wxcloudrun.kit.security import SYSTEM
from wxcloudrun.users.models import User

MADE, UNHEARD, UNLISTED = EventKind("thing.made"), EventKind("thing.unheard"), EventKind("thing.unlisted")
THING = Subject("thing/1", package_id=7)


class ListenerFailed(Exception):
    """What a listener raises in these tests."""


class Ear:
    """A listener of both sorts that remembers what it hears, and can be made to fail."""

    def __init__(self) -> None:
        self.inside: list[Event] = []
        self.behind: list[tuple[Event, int]] = []
        self.fails_inside = self.fails_behind = False

    def participate(self, tx: Transaction, event: Event) -> None:
        """Write a row, as the audit log does."""
        if self.fails_inside:
            raise ListenerFailed
        tx.session.add(User(email="ada@example.com", username="ada", created_at=clock.now()))
        self.inside.append(event)

    def follow(self, event: Event) -> None:
        """See what is committed."""
        if self.fails_behind:
            raise ListenerFailed
        with reading() as session:
            self.behind.append((event, session.execute(select(func.count()).select_from(User)).scalar_one()))


@pytest.fixture
def ear(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    """What listens in this test."""
    ear = Ear()
    behind = Listeners(after_commit=(ear.follow,))
    table = {MADE: Listeners(in_transaction=(ear.participate,)) + behind, UNHEARD: Listeners()}
    monkeypatch.setitem(app.extensions, "listeners", table)
    with app.app_context():
        yield ear


def test_given_an_event_then_each_hears_at_its_time_who_did_what(ear: Ear) -> None:
    with transaction() as tx:
        announce(tx, SYSTEM, MADE, THING, before={"size": 1}, after={"size": 2})
        assert (len(ear.inside), len(ear.behind)) == (1, 0)

    event = Event(MADE, SYSTEM, THING, before={"size": 1}, after={"size": 2})
    assert ear.inside == [event]
    assert ear.behind == [(event, 1)], "what was written inside is committed by then"


def test_given_a_listener_that_fails_inside_then_the_use_case_is_undone(ear: Ear) -> None:
    ear.fails_inside = True

    with pytest.raises(ListenerFailed):
        atomically(lambda tx: announce(tx, SYSTEM, MADE, THING))

    assert ear.behind == []


def test_given_one_that_fails_behind_then_the_write_stands_and_the_log_has_no_state(
    ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    ear.fails_behind = True

    atomically(lambda tx: announce(tx, SYSTEM, MADE, THING, after={"email": "ada@example.com"}))

    [record] = caplog.records
    assert (record.message, record.effect) == ("effect_failed", "Ear.follow of thing.made")  # type: ignore[attr-defined]  # put there by `extra`
    ear.fails_behind = False
    atomically(lambda tx: tx.after_commit(lambda: ear.follow(ear.inside[0])))
    assert ear.behind[0][1] == 1, "the row of the first transaction is there"


def test_given_a_lost_race_then_only_the_attempt_that_commits_is_followed(ear: Ear) -> None:
    attempts: list[int] = []

    def work(tx: Transaction) -> None:
        attempts.append(len(attempts))
        announce(tx, SYSTEM, MADE, THING, after={"attempt": attempts[-1]})
        if len(attempts) == 1:
            tx.session.add(User(email="ada@example.com", username="ada", created_at=clock.now()))
            tx.session.flush()

    atomically(work)

    assert [event.after for event, _ in ear.behind] == [{"attempt": 1}]


def test_given_nobody_listens_then_that_is_a_decision_and_nothing_happens(ear: Ear) -> None:
    atomically(lambda tx: announce(tx, SYSTEM, UNHEARD, THING))

    assert ear.inside == []


def test_given_a_kind_that_is_not_in_the_table_then_it_is_refused(ear: Ear) -> None:
    with pytest.raises(KeyError):
        atomically(lambda tx: announce(tx, SYSTEM, UNLISTED, THING))
    assert ear.inside == []
