"""What the chain notices: an entry that was edited, removed, moved or slipped in."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, Executable, event, select, text, update
from sqlalchemy.orm import Session

from tests.support.client import ApiClient
from tests.support.moments import Clock
from tests.unit.audit.conftest import AUDIT
from wxcloudrun.audit.models import AuditEntry, AuditLink
from wxcloudrun.audit.service import chain as chain_module
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.audit.service.record import record
from wxcloudrun.kit.db import Transaction, atomically, db, reading, transaction
from wxcloudrun.kit.events import Event, EventKind, Subject
from wxcloudrun.kit.security import SYSTEM

pytestmark = pytest.mark.usefixtures("written")


def write(count: int = 1) -> None:
    """Write entries."""
    for number in range(count):
        done = Event(EventKind("thing.done"), SYSTEM, Subject(f"thing/{number}"), before=None, after=None)
        atomically(partial(record, event=done))


def tamper(*statements: str | Executable) -> None:
    """Do what somebody does who has the database."""
    with transaction() as tx:
        for statement in statements:
            tx.session.execute(text(statement) if isinstance(statement, str) else statement)


def nth(position: int) -> int:
    """Return the id of the entry at a place in the chain; where ids begin is the database's affair."""
    with reading() as session:
        return session.execute(select(AuditLink.entry_id).where(AuditLink.position == position)).scalar_one()


def kinds(audit: AuditService) -> list[str]:
    """Return what a verification finds."""
    return [finding.kind for finding in audit.check().findings]


@contextmanager
def after_the_first_look_at_links(happens: Callable[[], None]) -> Iterator[None]:
    """Let something happen in another thread between the first transaction that reads links and the next."""
    looks: list[str] = []
    others = [Thread(target=happens)]

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM audit_links LEFT OUTER JOIN" in statement:
            looks.append(statement)

    def end(*_: object) -> None:
        if looks and others:
            other = others.pop()
            other.start()
            other.join()

    event.listen(Engine, "after_cursor_execute", look)
    event.listen(Session, "after_transaction_end", end)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", look)
        event.remove(Session, "after_transaction_end", end)


@pytest.fixture
def written(audit: AuditService) -> None:
    """Ten entries, all in the chain."""
    write(10)
    assert audit.chain() == 10


def test_given_a_chain_that_grows_while_it_is_verified_then_it_is_clean(
    app: Flask, audit: AuditService
) -> None:
    def grow() -> None:
        with app.app_context():
            write(3)
            audit.chain()

    with after_the_first_look_at_links(grow):
        verdict = audit.check()

    assert (verdict.findings, verdict.checked) == ([], 13)


def test_an_untouched_log_is_clean(audit: AuditService) -> None:
    verdict = audit.check()

    assert (verdict.is_clean, verdict.checked, verdict.unchained, verdict.position) == (True, 10, 0, 10)


def test_entries_that_are_not_chained_yet_are_counted_and_chained_next(audit: AuditService) -> None:
    write(3)

    assert audit.check().unchained == 3
    assert audit.chain() == 3
    assert audit.chain() == 0
    assert (audit.check().checked, audit.check().is_clean) == (13, True)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "thing.undone"},
        {"object": "thing/other"},
        {"actor_id": 7},
        {"after": "{}"},
        {"address": "192.0.2.1"},
        {"at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"request_id": "another"},
        {"credential": "jwt"},
        {"credential_id": "7"},
        {"before": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_edited_entry_is_found(audit: AuditService, change: dict[str, Any]) -> None:
    fourth = nth(4)
    tamper(update(AuditEntry).where(AuditEntry.id == fourth).values(**change))

    [finding] = audit.check().findings

    assert (finding.kind, finding.position, finding.entry_id) == ("edited", 4, fourth)


@pytest.mark.parametrize("position", [1, 5, 10])
def test_a_removed_entry_is_found(audit: AuditService, position: int) -> None:
    entry_id = nth(position)
    tamper(f"DELETE FROM audit_entries WHERE id = {entry_id}")

    [finding] = audit.check().findings

    assert (finding.kind, finding.entry_id) == ("missing", entry_id)


@pytest.mark.parametrize("position", [1, 5, 10])
def test_an_entry_that_was_removed_with_its_link_is_found(audit: AuditService, position: int) -> None:
    entry_id = nth(position)
    tamper(
        f"DELETE FROM audit_entries WHERE id = {entry_id}",
        f"DELETE FROM audit_links WHERE entry_id = {entry_id}",
    )

    assert "missing" in kinds(audit)


def test_an_end_that_was_cut_off_is_found(audit: AuditService) -> None:
    tamper(f"DELETE FROM audit_entries WHERE id > {nth(7)}", "DELETE FROM audit_links WHERE position > 7")

    assert kinds(audit) == ["missing"]


def test_a_head_that_was_set_back_is_found(audit: AuditService) -> None:
    tamper(
        f"DELETE FROM audit_entries WHERE id > {nth(7)}",
        "DELETE FROM audit_links WHERE position > 7",
        "UPDATE audit_heads SET position = 7, mac = (SELECT mac FROM audit_links WHERE position = 7)",
    )

    assert kinds(audit) == ["edited"]


def test_a_log_that_was_wiped_is_found_by_who_has_seen_its_end(audit: AuditService) -> None:
    seen = audit.check().mac
    tamper("DELETE FROM audit_entries", "DELETE FROM audit_links", "DELETE FROM audit_heads")

    assert kinds(audit) == ["missing"], "the head alone is looked for"
    assert audit.check(contains=seen).finding_count == 2


def test_two_entries_that_changed_places_are_found(audit: AuditService) -> None:
    third, sixth, free = nth(3), nth(6), nth(10) + 99
    tamper(
        f"UPDATE audit_entries SET id = {free} WHERE id = {third}",
        f"UPDATE audit_entries SET id = {third} WHERE id = {sixth}",
        f"UPDATE audit_entries SET id = {sixth} WHERE id = {free}",
    )

    assert kinds(audit) == ["edited", "edited"]


def test_two_links_that_changed_places_are_found(audit: AuditService) -> None:
    tamper(
        "UPDATE audit_links SET position = 99 WHERE position = 3",
        "UPDATE audit_links SET position = 3 WHERE position = 6",
        "UPDATE audit_links SET position = 6 WHERE position = 99",
    )

    assert set(kinds(audit)) == {"reordered"}


def test_positions_that_were_closed_up_over_a_gap_are_found(audit: AuditService) -> None:
    tamper(
        f"DELETE FROM audit_entries WHERE id = {nth(5)}",
        "DELETE FROM audit_links WHERE position = 5",
        *(f"UPDATE audit_links SET position = {n - 1} WHERE position = {n}" for n in range(6, 11)),
    )

    assert "reordered" in kinds(audit)
    assert "missing" in kinds(audit)


def test_an_entry_that_was_slipped_in_among_old_ones_is_found(audit: AuditService, time: Clock) -> None:
    fifth = nth(5)
    tamper(
        f"DELETE FROM audit_entries WHERE id = {fifth}", f"DELETE FROM audit_links WHERE entry_id = {fifth}"
    )
    time.advance(hours=2)
    audit.chain()
    tamper(
        "INSERT INTO audit_entries (id, at, credential, action, object) "
        f"VALUES ({fifth}, '2026-01-01 00:00:00', 'system', 'nothing.bad', 'thing/5')"
    )

    assert "inserted" in kinds(audit)


def test_entries_that_commit_late_are_chained_all_the_same(audit: AuditService) -> None:
    """Ids are given out before the commit: a lower one can turn up after a higher one was chained."""
    twelfth = nth(10) + 2
    write(3)
    with transaction() as tx:
        late = tx.session.get_one(AuditEntry, twelfth)
        values = {**late.said, "seal": late.seal}
        tx.session.execute(text(f"DELETE FROM audit_entries WHERE id = {twelfth}"))
    assert audit.chain() == 2
    with transaction() as tx:
        tx.session.add(AuditEntry(**values))

    assert audit.chain() == 1
    assert (audit.check().is_clean, audit.check().checked) == (True, 13)


def test_a_backlog_of_several_batches_is_chained_once(
    audit: AuditService, monkeypatch: pytest.MonkeyPatch, time: Clock
) -> None:
    monkeypatch.setattr(chain_module, "BATCH", 4)
    write(18)
    time.advance(hours=3)

    assert audit.chain() == 18
    write(2)
    assert audit.chain() == 2
    assert (audit.check().checked, audit.check().is_clean) == (30, True)


def rename(entry: AuditEntry) -> None:
    entry.action = "thing.undone"


def delete(entry: AuditEntry) -> None:
    db.session.delete(entry)


@pytest.mark.parametrize("rewrite", [rename, delete])
def test_our_own_code_rewrites_nothing(audit: AuditService, rewrite: Callable[[AuditEntry], None]) -> None:
    third = nth(3)

    def work(tx: Transaction) -> None:
        rewrite(tx.session.get_one(AuditEntry, third))
        tx.session.flush()

    with pytest.raises(AssertionError, match="written once"):
        atomically(work)
    assert audit.check().is_clean


class TestHttp:
    def test_the_verdict_names_what_was_found(self, root: ApiClient) -> None:
        clean = root.post(f"{AUDIT}/verify").ok().data
        second = nth(2)
        tamper(f"UPDATE audit_entries SET action = 'x.y' WHERE id = {second}")
        found = root.post(f"{AUDIT}/verify").ok().data

        assert (clean["clean"], clean["findings"], clean["checked"]) == (True, [], 10)
        assert clean["head"]["position"] == 10
        assert (found["clean"], found["finding_count"]) == (False, 1)
        assert found["findings"] == [{"kind": "edited", "position": 2, "entry_id": second}]


class TestCommands:
    def test_a_clean_log_ends_with_0_and_findings_with_1(self, app: Flask, audit: AuditService) -> None:
        runner = app.test_cli_runner()
        assert runner.invoke(args=["audit-chain"]).output.endswith("entries chained\n")

        clean = runner.invoke(args=["audit-verify"])
        second = nth(2)
        tamper(f"DELETE FROM audit_entries WHERE id = {second}")
        found = runner.invoke(args=["audit-verify"])
        as_json = runner.invoke(args=["audit-verify", "--json"])

        assert (clean.exit_code, found.exit_code, as_json.exit_code) == (0, 1, 1)
        assert f'"kind": "missing", "position": 2, "entry_id": {second}' in found.output
        verdict = json.loads(as_json.output)
        assert (verdict["clean"], verdict["findings"][0]["kind"]) == (False, "missing")
        assert verdict["mac"] == audit.check().mac

    @pytest.mark.local_store  # and a database of its own, which it breaks
    def test_a_log_that_cannot_be_read_ends_with_2(self, app: Flask) -> None:
        tamper("DROP TABLE audit_links")

        result = app.test_cli_runner().invoke(args=["audit-verify"])

        assert result.exit_code == 2

    def test_an_end_that_was_seen_earlier_is_looked_for(self, app: Flask, audit: AuditService) -> None:
        def exit_code(seen: str) -> int:
            return app.test_cli_runner().invoke(args=["audit-verify", "--contains", seen]).exit_code

        assert exit_code(audit.check().mac) == 0
        assert exit_code("0" * 64) == 1
