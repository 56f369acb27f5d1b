"""Databases of their own for tests, on a server that others use too."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url

from wxcloudrun.kit import ids


@contextmanager
def database_beside(url: str) -> Iterator[str]:
    """Make a database beside the one that `url` names, for one test, and yield its own URL."""
    beside = make_url(url)
    name = f"{beside.database}_beside_{ids.new_id()[:8]}"
    server = create_engine(beside, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            yield beside.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
    server.dispose()
