"""What is sealed outlives the secret that sealed it: the audit log, and second factors."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from tests.support.changed_secrets import Start
from tests.support.client import Answer, ApiClient, sender
from tests.support.logins import PASSWORD
from tests.support.second_factors import Telephone, second_factor
from tests.unit.audit.conftest import keys_of
from wxcloudrun.audit.models import AuditCheckpoint, AuditEntry, AuditHead, AuditLink, FormerAuditKey
from wxcloudrun.audit.rules import AuditKeys, FormerKey, of_checkpoint
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import atomically, reading
from wxcloudrun.second_factors.models import SecondFactor
from wxcloudrun.secrecy.derived_keys import DerivedKey, Purpose, ServerKeys

pytestmark = pytest.mark.local_store  # one file of SQLite for several applications

FIRST, SECOND, THIRD = (f"the-{name}-secret-0123456789-abcdefghijk" for name in ("first", "second", "third"))
LOGIN = "/api/v1/auth/login"
WHO = {"email": "ada@example.com", "password": PASSWORD}


def run(app: Flask, *command: object) -> int:
    """Run a command and return with what it ended."""
    return app.test_cli_runner().invoke(args=[str(word) for word in command]).exit_code


def do(app: Flask, *statements: Any) -> None:
    """Do what somebody does who may write everything in the database."""
    with app.app_context():
        atomically(lambda tx: [tx.session.connection().execute(each) for each in statements])


def sign_up(app: Flask) -> ApiClient:
    """Register somebody who has just proved who they are."""
    client = ApiClient(sender(app))
    client.post("/api/v1/auth/register", WHO).ok()
    return client.as_(client.post(LOGIN, WHO).ok().data["access_token"])


def log_in(app: Flask, **code: str) -> Answer:
    return ApiClient(sender(app)).post(LOGIN, {**WHO, **code})


@pytest.fixture
def twice_changed(start: Start) -> Flask:
    """A service whose secret was changed twice, each time with a minute in between."""
    first = start(FIRST)
    sign_up(first)
    assert run(first, "audit-chain") == 0
    second = start(SECOND, FIRST)
    log_in(second).ok()
    assert run(second, "audit-chain") == 0
    assert run(start(THIRD, SECOND), "audit-chain") == 0
    return start(THIRD)


class TestAuditLog:
    def test_given_two_changes_then_the_log_verifies_with_the_newest_secret_alone(
        self, twice_changed: Flask
    ) -> None:
        assert run(twice_changed, "audit-verify") == 0

    def test_given_nothing_was_kept_then_the_log_needs_the_former_secret(self, start: Start) -> None:
        app = start(FIRST)
        sign_up(app)
        run(app, "audit-chain")

        assert run(start(SECOND), "audit-verify") == 1

    @pytest.mark.parametrize(
        "forge",
        [
            update(FormerAuditKey).values(sealed_key="nonsense"),
            delete(FormerAuditKey),
        ],
    )
    def test_given_a_kept_key_is_spoiled_or_gone_then_that_is_found(
        self, twice_changed: Flask, forge: Any
    ) -> None:
        do(twice_changed, forge)

        assert run(twice_changed, "audit-verify") == 1

    def test_given_kept_keys_changed_places_then_that_is_found(self, twice_changed: Flask) -> None:
        with twice_changed.app_context(), reading() as session:
            one = session.execute(select(FormerAuditKey.sealed_key).limit(1)).scalar_one()

        do(twice_changed, update(FormerAuditKey).values(sealed_key=one))

        assert run(twice_changed, "audit-verify") == 1

    def test_given_somebody_adds_a_key_of_their_own_then_nothing_of_it_counts(
        self, twice_changed: Flask
    ) -> None:
        theirs = DerivedKey("0123456789abcdef", bytes(32))
        with twice_changed.app_context():
            sealing = keys_of("a secret that somebody else has made up").sealing
            name = server_name(THIRD)
        row = {"sealed_with": name, "purpose": Purpose.AUDIT_CHAIN.value, "name": theirs.name}
        text = FormerKey(Purpose.AUDIT_CHAIN, theirs).written()

        def add(key: str) -> None:
            made = FormerAuditKey(**row, sealed_key=key)
            with twice_changed.app_context():
                atomically(lambda tx: tx.session.add(made))

        add(sealing.seal(text))

        assert run(twice_changed, "audit-verify") == 1

    def test_given_only_a_former_secret_then_nobody_adds_an_entry_or_cuts_the_log(
        self, twice_changed: Flask
    ) -> None:
        found = keys_of(FIRST)
        with twice_changed.app_context(), reading() as session:
            head = session.execute(select(AuditHead)).scalar_one().head
            entry = session.execute(select(AuditEntry).limit(1)).scalar_one()
            said = {**entry.said, "at": clock.now(), "action": "nothing.bad"}
        del said["id"]

        do(twice_changed, insert(AuditEntry).values(**said, seal=found.born(said)))
        assert run(twice_changed, "audit-verify") == 1
        do(twice_changed, delete(AuditEntry).where(AuditEntry.action == "nothing.bad"))
        assert run(twice_changed, "audit-verify") == 0
        do(twice_changed, *self.cutting(found, head.position, head.mac))
        assert run(twice_changed, "audit-verify") == 1

    @staticmethod
    def cutting(keys: AuditKeys, position: int, mac: str) -> list[Any]:
        """Take all entries away, and say with a former key that they were exported."""
        at = clock.now()
        seal = keys.sign(of_checkpoint("pruned", position=position, mac=mac, at=at))
        row = {"kind": "pruned", "position": position, "mac": mac, "at": at, "seal": seal}
        return [
            delete(AuditEntry),
            delete(AuditLink),
            insert(AuditCheckpoint).values(row),
        ]

    def test_given_an_export_of_a_former_secret_then_it_verifies(self, start: Start, tmp_path: Path) -> None:
        first = start(FIRST)
        sign_up(first)
        run(first, "audit-chain")
        assert run(first, "audit-export", "--all", tmp_path / "old.jsonl") == 0
        assert run(start(SECOND, FIRST), "reseal") == 0

        assert run(start(SECOND), "audit-verify", "--export", tmp_path / "old.jsonl") == 0


def server_name(secret: str) -> str:
    return ServerKeys(secret).ring(Purpose.FORMER_AUDIT_KEYS).newest.name


class TestSecondFactors:
    @pytest.fixture
    def telephone(self, start: Start) -> Telephone:
        """A second factor of the time of the first secret."""
        return second_factor(sign_up(start(FIRST)))

    def test_given_it_was_used_in_between_then_it_works_without_the_previous_secret(
        self, start: Start, telephone: Telephone
    ) -> None:
        assert log_in(start(SECOND, FIRST), totp=telephone.code(seconds=30)).status == 200
        do(start(SECOND), update(SecondFactor).values(last_step=None))

        assert log_in(start(SECOND), totp=telephone.code(seconds=30)).status == 200

    def test_given_it_was_resealed_then_it_works_without_the_previous_secret(
        self, start: Start, telephone: Telephone
    ) -> None:
        assert run(start(SECOND, FIRST), "reseal") == 0

        assert log_in(start(SECOND), totp=telephone.code(seconds=30)).status == 200

    def test_given_neither_then_it_does_not_work_and_doctor_has_counted_it(
        self, start: Start, telephone: Telephone
    ) -> None:
        during = start(SECOND, FIRST).test_cli_runner()

        said = during.invoke(args=["doctor"]).output

        assert 'second_factors: {"under_newest": 0, "under_previous": 1, "under_secret_itself": 0}' in said
        assert 'recovery_codes: {"under_newest": 0, "under_previous": 10, "under_secret_itself": 0}' in said
        assert "API_KEY_PREVIOUS_SECRET: run `flask reseal`" in said
        assert log_in(start(SECOND), totp=telephone.code(seconds=30)).status == 401

    @pytest.mark.usefixtures("telephone")
    def test_given_recovery_codes_of_the_previous_secret_then_it_is_not_changed_again(
        self, start: Start
    ) -> None:
        refused = start(SECOND, FIRST).test_cli_runner().invoke(args=["rotate-secrets"])

        assert refused.exit_code == 2
        assert "credentials still stand on an older secret" in refused.output
        assert (
            "run `flask reseal`" not in start(SECOND, FIRST).test_cli_runner().invoke(args=["doctor"]).output
        )
