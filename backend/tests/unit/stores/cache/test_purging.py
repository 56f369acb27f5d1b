"""Entries are forgotten when the event that made them useless has been committed, and not before."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.registry import Workshop
from wxcloudrun.kit.db import Transaction, reading, transaction
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import SYSTEM
from wxcloudrun.packages.models import Package
from wxcloudrun.versions import queries
from wxcloudrun.versions.events import FILE_ADDED
from wxcloudrun.versions.queries import MadeChoice
from wxcloudrun.versions.rules.choices import Choice

KEPT = MadeChoice("content", Choice(("1.0.0",), ()))


class Undone(Exception):
    """What rolls a transaction back in these tests."""


def package_of(shop: Workshop) -> int:
    """Return the id of the package."""
    with reading() as session:
        return session.execute(select(Package.id).where(Package.name == shop.package)).scalar_one()


def say_that_a_file_is_added(tx: Transaction, package_id: int) -> None:
    """Announce it, as the use case does."""
    announce(tx, SYSTEM, FILE_ADDED, Subject("project/p/package/q/version/1.0.0", package_id))


def say_and_undo(package_id: int) -> None:
    """Announce that a file is added, and roll that back."""
    with transaction() as tx:
        say_that_a_file_is_added(tx, package_id)
        raise Undone


def test_given_an_event_then_its_group_is_forgotten_after_the_commit(app: Flask, shop: Workshop) -> None:
    with app.app_context():
        package_id = package_of(shop)
        queries.choice.settle(package_id, "^1", KEPT)
        queries.choice.settle(package_id + 1, "^1", KEPT)

        with transaction() as tx:
            say_that_a_file_is_added(tx, package_id)
            assert queries.choice.recall(package_id, "^1") == KEPT, "others still see the versions of before"

        assert queries.choice.recall(package_id, "^1") is None
        assert queries.choice.recall(package_id + 1, "^1") == KEPT, "it is another package's"


def test_given_an_event_that_is_rolled_back_then_nothing_is_forgotten(app: Flask, shop: Workshop) -> None:
    with app.app_context():
        package_id = package_of(shop)
        queries.choice.settle(package_id, "^1", KEPT)

        with pytest.raises(Undone):
            say_and_undo(package_id)

        assert queries.choice.recall(package_id, "^1") == KEPT


def upload(shop: Workshop) -> None:
    """Let another version come."""
    shop.upload(b"another", version="2.0.0").ok()


def delete_file(shop: Workshop) -> None:
    """Delete the file that the version has, so that nobody can choose it."""
    shop.maintainer.delete(shop.url("/versions/1.0.0/files/x.bin")).ok()


def create_release(shop: Workshop) -> None:
    """Let a version come that waits for its bytes, and that an answer lists as such."""
    body = {"name": shop.package, "project": shop.project, "version": "3.0.0"}
    shop.writer.post("/api/v1/packages", body).ok()


def yank(shop: Workshop) -> None:
    """Let nobody choose the version any more."""
    shop.writer.patch(shop.url("/versions/1.0.0"), {"yanked": "broken"}).ok()


def delete_version(shop: Workshop) -> None:
    """Delete the version."""
    shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()


def delete_package(shop: Workshop) -> None:
    """Delete the package with all its versions."""
    path = f"/api/v1/project/{shop.project}/packages/{shop.package}"
    shop.owner.delete(path, query={"force": "true"}).ok()


@pytest.mark.parametrize(
    "change", [upload, delete_file, create_release, yank, delete_version, delete_package]
)
def test_given_a_use_case_that_changes_what_can_be_chosen_then_the_choices_are_forgotten(
    app: Flask, shop: Workshop, change: Callable[[Workshop], None]
) -> None:
    shop.upload(b"one", "x.bin", version="1.0.0").ok()
    with app.app_context():
        package_id = package_of(shop)
        queries.choice.settle(package_id, "^1", KEPT)

        change(shop)

        assert queries.choice.recall(package_id, "^1") is None
