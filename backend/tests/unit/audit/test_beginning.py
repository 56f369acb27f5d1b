"""Where the log begins to be sealed, and that nothing begins it a second time by itself."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from tests.support.client import ApiClient
from tests.support.moments import Clock
from tests.unit.audit.conftest import entries, keys_of
from tests.unit.audit.test_chain import kinds, tamper, write
from wxcloudrun.audit.models import AuditCheckpoint, AuditEntry, AuditHead
from wxcloudrun.audit.service.chain import Chain
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.audit.service.verification import Verification
from wxcloudrun.jobs.models import PeriodicTask
from wxcloudrun.jobs.service.periodic import PeriodicService
from wxcloudrun.kit.db import reading

TASK = "/api/v1/tasks/audit-chain"


@pytest.fixture
def old_log(audit: AuditService) -> AuditService:
    """A log as a migration leaves it: chained as far as it goes, without seals of its own."""
    write(5)
    audit.chain()
    write(2)
    tamper(
        update(AuditEntry).values(seal=None),
        delete(AuditCheckpoint),
        update(AuditHead).values(counter=0, at=None),
    )
    # A link from then holds its entry without a seal.
    tamper("DELETE FROM audit_links", "DELETE FROM audit_heads")
    return audit


class TestBeginning:
    def test_given_a_log_from_before_then_it_is_sealed_late_and_the_verdict_says_so(
        self, old_log: AuditService, root: ApiClient
    ) -> None:
        assert old_log.begin()
        written_before = old_log.check().sealed_late
        write(3)
        old_log.chain()

        verdict = old_log.check()

        assert (verdict.is_clean, verdict.sealed_late) == (True, written_before)
        assert written_before >= 7
        [begun] = entries(root, action="audit.begun")
        assert (begun["credential"], begun["after"]) == ("system", {"position": written_before})

    def test_given_it_has_begun_then_it_does_not_begin_again(self, audit: AuditService) -> None:
        assert not audit.begin()
        assert not audit.begin(again=True)

    def test_given_an_entry_without_a_seal_behind_the_beginning_then_it_is_forged(
        self, old_log: AuditService
    ) -> None:
        old_log.begin()
        write(1)
        newest = select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)
        with reading() as session:
            entry_id = session.execute(newest).scalar_one()
        tamper(update(AuditEntry).where(AuditEntry.id == entry_id).values(seal=None))
        old_log.chain()

        assert kinds(old_log) == ["forged"]

    def test_given_the_head_was_taken_away_then_chaining_fails_until_a_person_begins_again(
        self, audit: AuditService, app: Flask
    ) -> None:
        write(2)
        audit.chain()
        tamper("DELETE FROM audit_heads")
        runner = app.test_cli_runner()

        refused = runner.invoke(args=["audit-chain"])
        assert not audit.begin(), "`flask init` changes nothing"
        begun = runner.invoke(args=["audit-begin"])
        once_more = runner.invoke(args=["audit-begin"])

        assert (refused.exit_code, begun.exit_code, once_more.exit_code) == (2, 0, 1)
        assert "lost its beginning or its head" in refused.output
        assert runner.invoke(args=["audit-chain"]).exit_code == 0
        assert (audit.check().is_clean, audit.check().sealed_late) == (True, 2)

    def test_an_entry_that_was_edited_before_it_was_chained_is_found(self, audit: AuditService) -> None:
        write(1)
        tamper("UPDATE audit_entries SET action = 'thing.undone'")

        assert kinds(audit) == ["forged"]


class TestKeys:
    def test_given_another_secret_then_what_the_one_before_has_sealed_still_fits(
        self, audit: AuditService, app: Flask
    ) -> None:
        write(3)
        audit.chain()
        secret = app.extensions["settings"].api_key_secret.get_secret_value()

        known = Verification(keys_of("the new secret", secret)).run()
        unknown = Verification(keys_of("the new secret")).run()

        assert known.is_clean
        assert not unknown.is_clean

    def test_given_another_secret_then_the_chain_goes_on_under_it(
        self, audit: AuditService, app: Flask
    ) -> None:
        write(3)
        audit.chain()
        secret = app.extensions["settings"].api_key_secret.get_secret_value()
        keys = keys_of("the new secret", secret)

        write(1)
        Chain(keys).lengthen()

        assert Verification(keys).run().is_clean


class TestTheTask:
    @pytest.mark.parametrize("change", [{"enabled": False}, {"interval_seconds": 61}])
    def test_it_is_not_switched_off_nor_slowed_down(self, root: ApiClient, change: dict[str, object]) -> None:
        answer = root.patch(TASK, change)

        assert (answer.status, answer.reason) == (409, "conflict")
        assert entries(root, action="task.changed") == []
        assert root.patch(TASK, {"interval_seconds": 30, "enabled": True}).ok().data["interval_seconds"] == 30

    def test_given_its_row_says_that_it_is_off_then_it_is_done_all_the_same(
        self, app: Flask, audit: AuditService, time: Clock
    ) -> None:
        periodic = app.extensions["services"][PeriodicService]
        periodic.run_due()
        write(1)
        tamper(update(PeriodicTask).values(enabled=False, next_run_at=datetime(2999, 1, 1, tzinfo=UTC)))
        time.advance(seconds=61)

        periodic.run_due()

        assert (audit.check().checked, audit.check().unchained) == (1, 0)
