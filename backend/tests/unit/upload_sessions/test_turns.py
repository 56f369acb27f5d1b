"""Turns that wait for the next part: they save a transaction, and change nothing else."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Connection, event

from tests.support.builders import content, sha256
from tests.support.registry import Workshop
from tests.unit.upload_sessions.conftest import PART_BYTES, Begin, row_of
from wxcloudrun.kit.db import db
from wxcloudrun.kit.security import ANONYMOUS
from wxcloudrun.stores.blobs.writing import WriterState
from wxcloudrun.upload_sessions.service import turns
from wxcloudrun.upload_sessions.service.entry import SessionPlace
from wxcloudrun.upload_sessions.service.parts import PartService
from wxcloudrun.upload_sessions.service.turns import PartTurn, WaitingTurns

Elsewhere = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def elsewhere(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """Let requests go to another process, which remembers no turn, while the context is open."""
    service = app.extensions["services"][PartService]

    @contextmanager
    def other_process() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(service, "_waiting", WaitingTurns())
            yield

    return other_process


@contextmanager
def writes_of(app: Flask) -> Iterator[list[str]]:
    """Count the transactions that write."""
    begun: list[str] = []

    def count(connection: Connection) -> None:
        if connection.get_execution_options().get("sqlite_begin") == "IMMEDIATE":
            begun.append("write")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "begin", count)
    try:
        yield begun
    finally:
        event.remove(engine, "begin", count)


@pytest.mark.one_process
def test_given_parts_in_order_then_each_but_the_first_costs_one_transaction(app: Flask, begin: Begin) -> None:
    sending = begin(4 * PART_BYTES)
    sending.put(1).ok()

    with writes_of(app) as writes:
        for number in (2, 3, 4):
            sending.put(number).ok()

    assert len(writes) == 3
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.one_process
def test_given_parts_over_several_connections_then_each_answer_gives_the_next_a_turn(
    app: Flask, begin: Begin
) -> None:
    sending = begin(8 * PART_BYTES)
    for number in (2, 1):
        sending.put(number).ok()

    with writes_of(app) as writes:
        for number in (3, 5, 4, 6):
            sending.put(number).ok()

    assert len(writes) == 4
    for number in (7, 8):
        sending.put(number).ok()
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


def test_given_a_part_sent_elsewhere_meanwhile_then_the_later_request_here_still_counts(
    begin: Begin, elsewhere: Elsewhere
) -> None:
    sending = begin()
    sending.put(1).ok()
    with elsewhere():
        sending.put(2, content(PART_BYTES, seed=9)).ok()

    sending.put(2).ok()
    sending.put(3).ok()

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


def test_given_a_part_whose_answer_elsewhere_was_lost_then_asking_here_is_answered_and_writes_nothing(
    begin: Begin, elsewhere: Elsewhere
) -> None:
    sending = begin()
    said = {"X-Checksum-SHA256": sha256(sending.part(2))}
    sending.put(1).ok()
    with elsewhere():
        sending.put(2, headers=said).ok()

    again = sending.put(2, headers=said)

    assert (again.status, again.data["sha256"]) == (200, said["X-Checksum-SHA256"])
    sending.put(3).ok()
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


def test_given_a_turn_that_has_waited_too_long_then_it_is_asked_for_again(
    app: Flask, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "KEPT_SECONDS", 0)
    sending = begin()
    sending.put(1).ok()

    with writes_of(app) as writes:
        sending.put(2).ok()

    assert len(writes) == 2


def test_given_a_part_refused_then_its_turn_is_not_used_twice(begin: Begin) -> None:
    sending = begin()
    sending.put(1).ok()

    assert sending.put(2, sending.part(2), headers={"X-Checksum-SHA256": "0" * 64}).status == 422
    assert sending.put(2, sending.part(2)[:-1]).status == 422
    assert sending.look().data["missing"] == [[2, 3]]
    for number in (2, 3):
        sending.put(number).ok()

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


def test_given_a_session_ended_while_a_turn_waits_then_its_part_is_refused(begin: Begin) -> None:
    sending = begin()
    sending.put(1).ok()
    sending.client.delete(sending.url)

    assert (sending.put(2).status, sending.put(2).reason) == (410, "session_gone")


def test_given_the_right_to_write_lost_while_a_turn_waits_then_its_part_does_not_count(
    app: Flask, shop: Workshop, begin: Begin
) -> None:
    sending = begin()
    sending.put(1).ok()
    shop.owner.delete(f"/api/v1/project/{shop.project}/members/{shop.people['writer'].id}").ok()

    assert sending.put(2).status == 404
    assert row_of(app, sending).received == b"\x01"


def test_given_another_user_then_the_turn_of_the_first_is_not_theirs(shop: Workshop, begin: Begin) -> None:
    sending = begin()
    sending.put(1).ok()

    assert shop.reader.put(f"{sending.url}/parts/2", sending.part(2)).status == 403
    assert shop.stranger.put(f"{sending.url}/parts/2", sending.part(2)).status == 404


def test_only_so_many_turns_are_kept_and_each_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_KEPT", 2)
    waiting, place = WaitingTurns(), SessionPlace(ANONYMOUS, "project", "package", "session")
    first = PartTurn(1, 1, 0, PART_BYTES, 1, WriterState("key", None, PART_BYTES), None, None)
    for number in (1, 2, 3):
        waiting.keep(place, replace(first, number=number))

    assert waiting.take(place, 1) is None
    assert [turn and turn.number for turn in (waiting.take(place, 2), waiting.take(place, 2))] == [2, None]
    assert waiting.take(replace(place, actor=replace(ANONYMOUS, user_id=7)), 3) is None
    assert waiting.take(place, 3) is not None
