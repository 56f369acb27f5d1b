"""A database in a file, and another process or thread that writes to it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import func, select

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading
from wxcloudrun.users.models import User

type Work = Callable[[], None]


def user(email: str = "ada@example.com") -> User:
    return User(email=email, username=email, created_at=clock.now())


def users() -> int:
    """Count the users."""
    with reading() as session:
        return session.execute(select(func.count()).select_from(User)).scalar_one()


@contextmanager
def other_writer(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the file a second time, as a process that does not wait."""
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        yield connection


def run_together(*works: Work) -> None:
    """Run functions in threads of their own and raise what one of them raised."""
    failures: list[BaseException] = []

    def guarded(work: Work) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # it is raised below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
