"""The database locked by another process, or read-only: readers do not notice, writers are told soon."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.backing import backing, mysql_connection
from tests.support.builders import content, numbers
from tests.support.client import Answer, ApiClient
from tests.support.databases import database_beside
from tests.support.live import LiveServer, live_server, start, stop, wait_until_ready
from tests.support.site import eventually

REFUSED_SECONDS = 5.0
FAST_SECONDS = 1.0  # the machine may be busy; those who waited for the lock took fifteen seconds and more
READERS = 20  # more than the service has threads
BYTES = content(50_000)
PACKAGE = "/api/v1/project/tools/hammer"


@dataclass(frozen=True, slots=True)
class Served:
    """A running service with a package, and keys that nobody has used yet."""

    server: LiveServer
    admin: ApiClient
    keys: list[str]

    def reads(self) -> list[float]:
        """Read with every key at once, each for the first time; return how long each took."""

        def read(key: str) -> float:
            began = time.monotonic()
            assert self.server.client(key).get(f"{PACKAGE}/+/stable").ok().body == BYTES
            return time.monotonic() - began

        with ThreadPoolExecutor(len(self.keys)) as pool:
            return list(pool.map(read, self.keys))

    def writes(self) -> dict[str, Callable[[], Answer]]:
        """Return one of each kind of write."""
        nobody = self.server.client()
        login = {"email": "admin@example.com", "password": "an administrator's password"}
        return {
            "login": lambda: nobody.post("/api/v1/auth/login", login),
            "wrong login": lambda: nobody.post("/api/v1/auth/login", {**login, "password": "wrong one"}),
            "tag": lambda: self.admin.put(f"{PACKAGE}/tags/next-{next(numbers)}", json={"version": "1.0.0"}),
            "upload": lambda: self.admin.put(f"{PACKAGE}/upload/new.bin", b"new bytes", query={"tag": "new"}),
            "delete": lambda: self.admin.delete(f"{PACKAGE}/tags/old"),
            "project": lambda: self.admin.post("/api/v1/projects", {"name": f"other-{next(numbers)}"}),
        }


def prepared(server: LiveServer) -> ApiClient:
    """Put something in; return the administrator."""
    admin = server.administrator()
    admin.post("/api/v1/projects", {"name": "tools"}).ok()
    admin.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()
    admin.put(f"{PACKAGE}/upload/hammer-1.0.0.bin", BYTES, query={"tag": "stable"}).ok()
    return admin


def with_fresh_keys(server: LiveServer, admin: ApiClient) -> Served:
    """Make what a test reads with and what it deletes."""
    admin.put(f"{PACKAGE}/tags/old", json={"version": "1.0.0"}).ok()
    return Served(server, admin, fresh_keys(admin))


def fresh_keys(admin: ApiClient) -> list[str]:
    """Make keys that were never used, so that each one's first use is to be noted."""
    made = [admin.post("/api/v1/auth/keys", {"name": f"key {number}"}) for number in range(READERS)]
    return [str(each.ok().data["key"]) for each in made]


def unnoted(served: Served) -> list[str]:
    """Return those of the keys of which no use has been noted."""
    prefixes = {key[:12] for key in served.keys}
    listed = served.admin.all_items("/api/v1/auth/keys")
    return [key["prefix"] for key in listed if key["prefix"] in prefixes and key["last_used_at"] is None]


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold the database as a program does that somebody has left open in a transaction."""
    with closing(sqlite3.connect(database, timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def timed(call: Callable[[], Answer]) -> tuple[Answer, float]:
    """Return an answer and how long it took."""
    began = time.monotonic()
    answer = call()
    return answer, time.monotonic() - began


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, ApiClient]]:
    """A service that works on jobs elsewhere, so that nobody else wants the lock, and its administrator."""
    with live_server(tmp_path_factory.mktemp("locked"), EMBEDDED_WORKER="off") as server:
        yield server, prepared(server)


@pytest.fixture
def served(running: tuple[LiveServer, ApiClient]) -> Served:
    """The service with something to read and to delete."""
    return with_fresh_keys(*running)


def test_given_a_locked_database_then_reads_do_not_wait_and_writes_are_refused_in_time(
    served: Served,
) -> None:
    unlocked = max(served.reads())
    again = Served(served.server, served.admin, fresh_keys(served.admin))

    with locked(served.server.data_dir / "registry.db"):
        while_locked = max(again.reads())
        answers = {name: timed(write) for name, write in served.writes().items()}
        with ThreadPoolExecutor(len(answers)) as pool:
            together = list(pool.map(timed, served.writes().values()))
            meanwhile = max(again.reads())

    assert max(while_locked, meanwhile) < max(3 * unlocked, FAST_SECONDS)
    for name, (answer, seconds) in answers.items():
        assert (answer.status, answer.reason) == (503, "database_locked"), name
        assert int(answer.headers["Retry-After"]) > 0
        assert seconds < REFUSED_SECONDS, name
    assert {answer.reason for answer, _ in together} == {"database_locked"}
    assert max(seconds for _, seconds in together) < REFUSED_SECONDS

    for name, write in served.writes().items():
        assert write().status == (401 if name == "wrong login" else 204 if name == "delete" else 200), name
    assert served.admin.get(f"{PACKAGE}/+/new").ok().body == b"new bytes"
    again.reads()
    assert eventually(lambda: not unnoted(again), 10), "uses are noted when there is time"


def test_given_a_lock_that_comes_and_goes_then_whoever_could_wait_so_long_is_served(served: Served) -> None:
    database = served.server.data_dir / "registry.db"
    is_locked, over = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(database):
            is_locked.set()
            over.wait(1.5)

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        assert is_locked.wait(10)
        answer, seconds = timed(served.writes()["upload"])
        holder.result()

    assert answer.ok().data["tag"] == "new"
    assert seconds < REFUSED_SECONDS


def test_given_a_read_only_database_then_reads_go_on_and_writes_are_refused_at_once(
    served: Served,
) -> None:
    server = served.server
    unlocked = max(served.reads())
    keys = fresh_keys(served.admin)
    stop(server.process)
    url = f"sqlite:///file:{server.data_dir}/registry.db?mode=ro&uri=true"
    server.process = start({**server.environ, "DATABASE_URL": url}, server.log)
    assert eventually(lambda: answers(server), 30)
    read_only = Served(server, served.admin, keys)

    assert max(read_only.reads()) < max(3 * unlocked, FAST_SECONDS)
    for name, write in read_only.writes().items():
        answer, seconds = timed(write)
        assert (answer.status, answer.reason) == (503, "database_read_only"), name
        assert seconds < REFUSED_SECONDS, name

    stop(server.process)
    server.process = start(server.environ, server.log)
    wait_until_ready(server)
    assert read_only.writes()["tag"]().status == 200


def answers(server: LiveServer) -> bool:
    """Tell whether the service lives."""
    try:
        return server.client().get("/api/health").status == 200
    except OSError:
        return False


def test_given_a_row_that_somebody_holds_on_mysql_then_the_write_is_refused_in_time(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("server", "mysql")
    with (
        database_beside(str(backing().need("mysql")["url"])) as url,
        live_server(tmp_path / "data", DATABASE_URL=url) as server,
    ):
        served = with_fresh_keys(server, prepared(server))
        unlocked = max(served.reads())
        served = with_fresh_keys(server, served.admin)
        with closing(mysql_connection(url, url.rsplit("/", 1)[1].split("?")[0])) as other:
            other.begin()
            with other.cursor() as cursor:
                cursor.execute("SELECT * FROM tags FOR UPDATE")
                cursor.execute("SELECT * FROM api_keys FOR UPDATE")
            answer, seconds = timed(served.writes()["delete"])
            slowest = max(served.reads())
            other.rollback()

        assert (answer.status, answer.reason) == (503, "database_locked")
        assert seconds < REFUSED_SECONDS, "a lock is waited for once, not once for each attempt"
        assert slowest < max(3 * unlocked, FAST_SECONDS), "a use that cannot be noted is left"
        assert served.writes()["delete"]().status == 204
