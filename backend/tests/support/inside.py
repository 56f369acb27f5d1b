"""A service as a test sees it from inside: its parts, its rows, its objects, and work that is done when told.

Every world of the tests is one of these with what it needs besides, so that each says only that.
"""

from functools import cached_property
from typing import Any

from flask import Flask
from sqlalchemy import Executable, Select, func, select

from tests.support.builders import Person, person
from tests.support.client import ApiClient, sender
from tests.support.registry import Workshop, workshop
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.kit.db import Base, reading, transaction
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.wiring.stores import blob_store


class Inside:
    """One application over its database and its store; another store than its own, if one is given."""

    def __init__(self, app: Flask, store: BlobStore | None = None) -> None:
        self.app = app
        if store is not None:
            self.store = store

    @cached_property
    def store(self) -> BlobStore:
        """The application's store, opened once more."""
        return blob_store(self.app.extensions["settings"])

    def service[T](self, kind: type[T]) -> T:
        """Return one of the application's services."""
        found: T = self.app.extensions["services"][kind]
        return found

    @property
    def client(self) -> ApiClient:
        """An anonymous client."""
        return ApiClient(sender(self.app))

    def person(self, name: str, *, is_admin: bool = False) -> Person:
        """Make a user."""
        return person(self.app, name, is_admin=is_admin)

    def as_person(self, name: str, *, is_admin: bool = False) -> ApiClient:
        """Make a user and return their client."""
        return self.client.as_(self.person(name, is_admin=is_admin).token)

    def workshop(self, *, is_public: bool = False) -> Workshop:
        """Make a project with a package and a member of each role."""
        return workshop(self.client, self.person, is_public=is_public)

    def work(self) -> int:
        """Do every job that is due, and return how many there were."""
        with self.app.app_context():
            return self.service(WorkService).run_due()

    def column[T](self, statement: Select[T]) -> list[T]:
        """Return what a SELECT of one column finds."""
        with self.app.app_context(), reading() as session:
            return list(session.execute(statement).scalars())

    def count(self, model: type[Base], *conditions: Any) -> int:
        """Count the rows of a table."""
        [number] = self.column(select(func.count()).select_from(model).where(*conditions))
        return number

    def change(self, *statements: Executable) -> None:
        """Change rows beside the service."""
        with self.app.app_context(), transaction() as tx:
            for statement in statements:
                tx.session.execute(statement)

    def object_keys(self) -> set[str]:
        """Return the keys of the finished objects."""
        objects = self.store.keys()
        return {found.key for found in objects}

    def keys(self) -> set[str]:
        """Return the keys of all objects, those that are not finished too."""
        return self.object_keys() | set(self.store.unfinished())
