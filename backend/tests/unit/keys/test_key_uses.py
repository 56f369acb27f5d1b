"""When a key was last used is noted behind the answer; nobody waits for it, and no failure reaches them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.builders import Person, person
from tests.support.client import ApiClient, sender
from tests.support.moments import Clock
from tests.support.sqlite_files import other_writer
from tests.support.statements import recorded
from wxcloudrun.kit import written_later

pytestmark = pytest.mark.local_store  # a file of SQLite that somebody else holds

ME = "/api/v1/auth/me"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the database file lies."""
    return tmp_path / "registry.db"


@pytest.fixture
def on_file(make_app: MakeApp, database: Path) -> Flask:
    """The application over a database that another process can hold."""
    return make_app(DATABASE_URL=f"sqlite:///{database}")


@pytest.fixture
def ada(on_file: Flask) -> Person:
    """Somebody with a key that was never used."""
    return person(on_file, "ada", has_used_key=False)


@pytest.fixture
def reader(on_file: Flask, ada: Person) -> ApiClient:
    """A client that presents the key."""
    return ApiClient(sender(on_file), ada.token)


@pytest.fixture
def holder(on_file: Flask, ada: Person, database: Path) -> Iterator[sqlite3.Connection]:
    """Another process, which holds the lock of the database."""
    assert on_file
    assert ada
    with other_writer(database) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def last_used(database: Path) -> str | None:
    """Return what the database knows."""
    with other_writer(database) as other:
        (moment,) = other.execute("SELECT last_used_at FROM api_keys").fetchone()
    return None if moment is None else str(moment)


def put_off() -> float:
    """Return how often notes could not be written."""
    (family,) = written_later.PUT_OFF.collect()
    return next(sample.value for sample in family.samples if sample.name.endswith("_total"))


def test_given_an_answer_then_the_use_is_written_behind_it(reader: ApiClient, database: Path) -> None:
    reader.get(ME).ok()

    assert last_used(database) is not None


def test_given_a_use_within_the_last_minute_then_nothing_is_written(
    reader: ApiClient, database: Path, time: Clock
) -> None:
    reader.get(ME).ok()
    noted = last_used(database)
    time.advance(seconds=59)

    with recorded() as statements:
        reader.get(ME).ok()
    assert not [each for each in statements if "UPDATE" in each]
    assert last_used(database) == noted

    time.advance(seconds=2)
    reader.get(ME).ok()
    assert last_used(database) != noted


@pytest.mark.usefixtures("holder")
def test_given_a_locked_database_then_the_answer_does_not_wait(
    reader: ApiClient, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_seconds: float) -> None:
        pytest.fail("somebody waited")

    monkeypatch.setattr("wxcloudrun.kit.sqlite.time.sleep", never)
    before = put_off()

    assert reader.get(ME).ok().data["username"]
    assert last_used(database) is None
    assert put_off() == before + 1


def test_given_that_the_lock_is_gone_then_a_later_request_writes_the_earlier_use(
    reader: ApiClient,
    holder: sqlite3.Connection,
    database: Path,
    time: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(written_later, "RETRY_SECONDS", 0)
    reader.get(ME).ok()
    first_use = time.now()
    holder.execute("COMMIT")
    time.advance(seconds=30)

    reader.get(ME).ok()

    assert last_used(database) == first_use.strftime("%Y-%m-%d %H:%M:%S.%f")


def test_given_a_failure_then_it_is_not_tried_again_at_every_request(
    reader: ApiClient, holder: sqlite3.Connection
) -> None:
    assert holder
    before = put_off()

    for _ in range(5):
        reader.get(ME).ok()

    assert put_off() == before + 1


def test_given_a_database_that_can_only_be_read_then_reading_goes_on(
    on_file: Flask, ada: Person, database: Path, make_app: MakeApp
) -> None:
    assert on_file
    read_only = make_app_without_schema(make_app, database)

    client = ApiClient(sender(read_only), ada.token)

    assert client.get(ME).ok().data["id"] == ada.id
    refused = client.post("/api/v1/projects", {"name": "new"})
    assert (refused.status, refused.reason) == (503, "database_read_only")
    assert last_used(database) is None


def make_app_without_schema(make_app: MakeApp, database: Path) -> Flask:
    """Build an application that may only read the file; its tables are there already."""
    return make_app(DATABASE_URL=f"sqlite:///file:{database}?mode=ro&uri=true")


def test_what_is_remembered_is_bounded(
    monkeypatch: pytest.MonkeyPatch, holder: sqlite3.Connection, on_file: Flask, reader: ApiClient
) -> None:
    monkeypatch.setattr(written_later, "MOST_REMEMBERED", 0)
    before = put_off()
    assert holder
    assert on_file

    reader.get(ME).ok()

    assert put_off() == before, "there was nothing to write"
