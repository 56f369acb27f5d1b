"""Something large to delete, and hands on the job that erases it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select, update

from tests.support import crowds
from tests.support.client import ApiClient
from tests.support.inside import Inside
from tests.support.registry import Workshop
from tests.support.shared_app import once
from wxcloudrun.erasure.rules import AT_ONCE_ROWS
from wxcloudrun.jobs.models import Job
from wxcloudrun.packages.models import Package
from wxcloudrun.tags.models import Tag, TagMove
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import RetiredVersion, Version, VersionFile

VERSIONS = AT_ONCE_ROWS + 300
OF_PACKAGES = (Version, VersionFile, Upload, Tag, TagMove)


class Eraser(Inside):
    """The background of an application, one job at a time."""

    def jobs(self) -> list[Job]:
        """Return the jobs that erase, in their order."""
        return self.column(select(Job).where(Job.kind == "erase").order_by(Job.id))

    def change_job(self, **values: Any) -> None:
        """Let the job that erases say something else."""
        self.change(update(Job).where(Job.kind == "erase").values(**values))

    def left(self, *models: type[Any]) -> int:
        """Count what is left in the tables of packages, or in these."""
        return sum(self.count(model) for model in models or (*OF_PACKAGES, Package))

    def retired(self) -> int:
        """Count the versions whose names are remembered."""
        return self.count(RetiredVersion)


@pytest.fixture
def eraser(app: Flask) -> Eraser:
    """The background of the shared application."""
    return Eraser(app)


@pytest.fixture
def root(client: ApiClient, make_person: Callable[..., Any]) -> ApiClient:
    """An administrator."""
    return client.as_(make_person("root", is_admin=True).token)


@pytest.fixture
def large(app: Flask, shop: Workshop) -> Workshop:
    """A package with more rows than a request deletes."""

    def build() -> Workshop:
        with app.app_context():
            package = crowds.package_id(shop.project, shop.package)
            crowds.fill_package(package, VERSIONS, user_id=shop.people["writer"].id, moves=50)
        return shop

    return once(app, "large", build)


@pytest.fixture
def touched() -> Iterator[list[tuple[int, str]]]:
    """How many rows each statement has changed, and the statement."""
    seen: list[tuple[int, str]] = []

    def note(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("DELETE", "UPDATE", "INSERT")):
            seen.append((cursor.rowcount, statement))

    event.listen(Engine, "after_cursor_execute", note)  # of whichever instance has the next request
    yield seen
    event.remove(Engine, "after_cursor_execute", note)
