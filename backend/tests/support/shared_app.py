"""Applications that many tests share, each of which finds its database and its store as if just made.

Making a project with its people takes forty milliseconds, and an application ten, or eighty the first time,
which is more than most tests do with them. What was built once is put back in a fraction of that.
"""

import contextlib
import copy
import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, cast

from flask import Flask

from tests.support.quick_schema import sqlite_of
from wxcloudrun.kit import clock, logs
from wxcloudrun.kit.db import db

SHARED = "tests: what shares this application"
REAL_TIME = clock.now
FRESH_SECONDS = 30  # after a minute each key would have to note anew that it is used

type Images = dict[tuple[str, ...], tuple[Any, Any]]


class AppContents[Image](Protocol):
    """What an application keeps: its database and its store."""

    def image(self) -> Image:
        """Return a copy of what is there."""

    def put_back(self, image: Image) -> None:
        """Let that be there and nothing else."""

    def writes(self) -> int:
        """Return a number that is another one after the application has written to its database."""


class SharedApp:
    """One application, and images of what tests build in it before they begin."""

    def __init__(self, app: Flask, contents: AppContents[Any]) -> None:
        self._app = app
        self._contents = contents
        self._empty: Images = {(): (contents.image(), None)}
        self._images = self._empty.copy()
        self._since = monotonic()
        self._built: tuple[str, ...] = ()
        self._writes = 0
        app.extensions[SHARED] = self

    def emptied(self) -> Flask:
        """Return the application with nothing in it."""
        level = self._app.extensions["settings"].log_level
        if logging.getLogger().level != logging.getLevelName(level):
            logs.configure(level)  # another application has set its own since
        if monotonic() > self._since + FRESH_SECONDS:
            self._images, self._since = self._empty.copy(), monotonic()
        self._put_back(())
        return self._app

    def once[T](self, name: str, build: Callable[[], T]) -> T:
        """Build something the first time, and from then on put back what was there then; return the same.

        That is done only where nothing has been written but what was built in this way, and while the time
        is the real one. Otherwise it is built anew.
        """
        if self._contents.writes() != self._writes or clock.now is not REAL_TIME:
            return build()
        # Two modules may use one name for what they build in different ways.
        built = (*self._built, f"{build.__module__}.{build.__qualname__} {name}")
        if built in self._images:
            self._put_back(built)
        else:
            known = build()
            self._images[built] = (self._contents.image(), known)
            self._remember(built)
        return cast("T", copy.copy(self._images[built][1]))

    def _put_back(self, built: tuple[str, ...]) -> None:
        """Let the application hold what it held then."""
        self._contents.put_back(self._images[built][0])
        self._remember(built)

    def _remember(self, built: tuple[str, ...]) -> None:
        """Note what is there, and by which it will be seen that something else was written."""
        self._built, self._writes = built, self._contents.writes()


def once[T](app: Flask, name: str, build: Callable[[], T]) -> T:
    """Build something in an application, or take a copy of it where the application is shared.

    The name stands for one way to build it within the function that builds.
    """
    shared: SharedApp | None = app.extensions.get(SHARED)
    return build() if shared is None else shared.once(name, build)


@dataclass(frozen=True, slots=True)
class LocalImage:
    """The bytes of a database, and a directory with a copy of the store."""

    database: bytes
    store: Path


class LocalContents:
    """A database in memory and a directory."""

    def __init__(self, app: Flask, images: Path) -> None:
        self._app = app
        self._store = Path(app.extensions["settings"].data_dir) / "blobs"
        self._images = images
        self._made = 0

    def image(self) -> LocalImage:
        """Return a copy of what is there."""
        self._made += 1
        kept = self._images / str(self._made)
        shutil.copytree(self._store, kept)
        with self._database() as database:
            return LocalImage(database.serialize(), kept)

    def put_back(self, image: LocalImage) -> None:
        """Let that be there and nothing else."""
        with self._database() as database:
            database.deserialize(image.database)
        shutil.rmtree(self._store, ignore_errors=True)
        shutil.copytree(image.store, self._store)

    def writes(self) -> int:
        """Return how many rows were ever written."""
        with self._database() as database:
            return database.total_changes

    @contextlib.contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Lend the one connection that a database in memory has."""
        with self._app.app_context(), sqlite_of(db.engine) as driver:
            yield driver
