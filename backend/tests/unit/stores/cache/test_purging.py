"""Entries are forgotten when the change that made them useless has been committed, and not before."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.registry import Workshop
from wxcloudrun.kit.db import Transaction, transaction
from wxcloudrun.packages.models import Package
from wxcloudrun.versions import queries
from wxcloudrun.versions.models import Status, Version
from wxcloudrun.versions.queries import MadeChoice

KEPT = MadeChoice("content", "1.0.0", ("1.0.0",), ())


class Undone(Exception):
    """What rolls a transaction back in these tests."""


def package_in(tx: Transaction, shop: Workshop) -> int:
    """Return the id of the package."""
    return tx.session.execute(select(Package.id).where(Package.name == shop.package)).scalar_one()


def version_of(package_id: int) -> Version:
    """Return a version that waits for its bytes."""
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    return Version(package_id=package_id, version="1.0.0", status=Status.CREATED.value, created_at=moment)


def change_and_undo(package_id: int) -> None:
    """Change the versions of a package and roll that back."""
    with transaction() as tx:
        tx.session.add(version_of(package_id))
        tx.session.flush()
        raise Undone


def test_given_a_change_then_its_group_is_forgotten_after_the_commit(app: Flask, shop: Workshop) -> None:
    with app.app_context():
        with transaction() as tx:
            package_id = package_in(tx, shop)
            queries.choice.settle(package_id, "^1", KEPT)
            queries.choice.settle(package_id + 1, "^1", KEPT)
            tx.session.add(version_of(package_id))
            tx.session.flush()
            assert queries.choice.recall(package_id, "^1") == KEPT, "others still see the versions of before"

        assert queries.choice.recall(package_id, "^1") is None
        assert queries.choice.recall(package_id + 1, "^1") == KEPT, "it is another package's"


def test_given_a_change_that_is_rolled_back_then_nothing_is_forgotten(app: Flask, shop: Workshop) -> None:
    with app.app_context():
        with transaction() as tx:
            package_id = package_in(tx, shop)
        queries.choice.settle(package_id, "^1", KEPT)

        with pytest.raises(Undone):
            change_and_undo(package_id)

        assert queries.choice.recall(package_id, "^1") == KEPT


def test_given_a_package_that_is_deleted_then_its_choices_are_forgotten(app: Flask, shop: Workshop) -> None:
    with app.app_context():
        with transaction() as tx:
            package_id = package_in(tx, shop)
        queries.choice.settle(package_id, "^1", KEPT)

        shop.owner.delete(f"/api/v1/project/{shop.project}/packages/{shop.package}").ok()

        assert queries.choice.recall(package_id, "^1") is None
