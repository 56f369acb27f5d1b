"""Applications that many tests share, each of which finds its database and its store as if just made.

Making an application takes forty milliseconds and a project with its people as long again, which is more
than most tests do with them. An image of the database in memory is put back in a fraction of one.
"""

import contextlib
import copy
import logging
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from flask import Flask

from wxcloudrun.kit import clock, logs
from wxcloudrun.kit.db import db

SHARED = "tests: what shares this application"
REAL_TIME = clock.now


@dataclass(frozen=True, slots=True)
class Image:
    """What a database and a store held at one moment, and what the test knew of it."""

    rows: bytes
    objects: Path
    known: Any


class SharedApp:
    """One application, and images of what tests build in it before they begin."""

    def __init__(self, app: Flask, images: Path) -> None:
        self._app = app
        self._blobs = Path(app.extensions["settings"].data_dir) / "blobs"
        self._directory = images
        self._images = {(): self._image((), None)}
        self._built: tuple[str, ...] = ()
        self._writes = 0
        app.extensions[SHARED] = self

    def emptied(self) -> Flask:
        """Return the application with nothing in it."""
        level = self._app.extensions["settings"].log_level
        if logging.getLogger().level != logging.getLevelName(level):
            logs.configure(level)  # another application has set its own since
        self._put_back(())
        return self._app

    def once[T](self, name: str, build: Callable[[], T]) -> T:
        """Build something the first time, and from then on put back what was there then; return the same.

        That is done only where nothing has been written but what was built in this way, and while the time
        is the real one. Otherwise it is built anew.
        """
        if self._connection().total_changes != self._writes or clock.now is not REAL_TIME:
            return build()
        built = (*self._built, name)
        if built in self._images:
            self._put_back(built)
        else:
            self._images[built] = self._image(built, build())
            self._remember(built)
        return cast("T", copy.copy(self._images[built].known))

    def let_go(self) -> None:
        """Close the database."""
        with self._app.app_context():
            db.engine.dispose()

    def _image(self, built: tuple[str, ...], known: Any) -> Image:
        """Keep what is there."""
        kept = self._directory / "+".join(("nothing", *built))
        shutil.copytree(self._blobs, kept)
        return Image(self._connection().serialize(), kept, known)

    def _put_back(self, built: tuple[str, ...]) -> None:
        """Let the database and the store hold what they held then."""
        image = self._images[built]
        self._connection().deserialize(image.rows)
        shutil.rmtree(self._blobs, ignore_errors=True)
        shutil.copytree(image.objects, self._blobs)
        self._remember(built)

    def _remember(self, built: tuple[str, ...]) -> None:
        """Note what is there, and by which it will be seen that something else was written."""
        self._built, self._writes = built, self._connection().total_changes

    def _connection(self) -> sqlite3.Connection:
        """Return the one connection that a database in memory has."""
        with self._app.app_context(), contextlib.closing(db.engine.raw_connection()) as pooled:
            driver = pooled.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            return driver


def once[T](app: Flask, name: str, build: Callable[[], T]) -> T:
    """Build something in an application, or take a copy of it where the application is shared."""
    shared: SharedApp | None = app.extensions.get(SHARED)
    return build() if shared is None else shared.once(name, build)
