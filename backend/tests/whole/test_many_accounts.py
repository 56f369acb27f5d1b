"""Who tries many accounts leaves few rows."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.unit.attempts.test_many_networks import guessing
from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.kit.db import reading
from wxcloudrun.stores.limits.sql import RateCounter
from wxcloudrun.wiring.logins import login_guard


def rows(table: type[AuditEntry] | type[RateCounter]) -> int:
    """Count rows."""
    with reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.mark.local_store  # where the counters are rows
def test_given_a_thousand_accounts_from_one_address_then_few_rows_are_left(app: Flask) -> None:
    with app.app_context():
        guess = guessing(login_guard(app.extensions["settings"]))

        passed = sum(guess(f"user{number}@example.com", "192.0.2.1") for number in range(1000))

        assert passed == 100
        assert rows(AuditEntry) <= 10
        assert rows(RateCounter) <= 110
