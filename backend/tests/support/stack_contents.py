"""What two instances on real servers keep, as far as tests put it back: rows and objects.

Redis is emptied: what was kept there can be had without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask
from sqlalchemy import event

from tests.support.stack import Stack
from wxcloudrun.kit.db import Base, db


@dataclass(frozen=True, slots=True)
class StackImage:
    """The rows of each table that has any, by the statement that inserts them, and every object."""

    rows: dict[str, Sequence[tuple[Any, ...]]]
    objects: dict[str, bytes]


class StackContents:
    """A database and a bucket."""

    def __init__(self, stack: Stack, apps: list[Flask]) -> None:
        self._stack = stack
        self._commits = 0
        for app in apps:
            with app.app_context():
                event.listen(db.engine, "commit", self._count)

    def image(self) -> StackImage:
        """Return a copy of what is there."""
        rows: dict[str, Sequence[tuple[Any, ...]]] = {}
        with self._stack.connection.cursor() as cursor:
            for table in Base.metadata.sorted_tables:
                cursor.execute(f"SELECT * FROM `{table.name}`")
                names = ", ".join(f"`{column[0]}`" for column in cursor.description)
                places = ", ".join(["%s"] * len(cursor.description))
                if found := cursor.fetchall():
                    rows[f"INSERT INTO `{table.name}` ({names}) VALUES ({places})"] = found
        return StackImage(rows, {name: self._object(name) for name in self._stack.object_names()})

    def put_back(self, image: StackImage) -> None:
        """Let that be there and nothing else."""
        self._stack.clean()
        with self._stack.connection.cursor() as cursor:
            cursor.execute("START TRANSACTION")
            for insert, rows in image.rows.items():
                cursor.executemany(insert, rows)
            cursor.execute("COMMIT")
        for name, data in image.objects.items():
            self._stack.store.put_object(self._stack.bucket, name, BytesIO(data), len(data))

    def writes(self) -> int:
        """Return how many transactions the instances have committed."""
        return self._commits

    def _count(self, _connection: Any) -> None:
        self._commits += 1

    def _object(self, name: str) -> bytes:
        """Read an object."""
        response = self._stack.store.get_object(self._stack.bucket, name)
        try:
            return response.read()
        finally:
            response.close()
            response.release_conn()
