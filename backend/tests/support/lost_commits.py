"""Commits whose answer is lost: the database has done them or not, and nobody is told which."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from wxcloudrun.kit.db import db


@contextmanager
def lost_commit(app: Flask, *, is_done: bool, when: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """Let the driver lose its connection at the next commit for which `when` holds, once.

    With `is_done` the database has committed before that.
    """
    with app.app_context():
        dialect: Any = db.engine.dialect
    real = dialect.do_commit

    def lose(connection: Any) -> None:
        if not when():
            real(connection)
            return
        mend()
        if is_done:
            real(connection)
        raise dialect.loaded_dbapi.OperationalError("Lost connection during query")

    def mend() -> None:
        vars(dialect).pop("do_commit", None)

    dialect.do_commit = lose
    try:
        yield
    finally:
        mend()
