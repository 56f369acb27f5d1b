"""Who writes next: in order among threads, and among processes never again whoever has just written."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from tests.support.site import eventually
from wxcloudrun.kit import sqlite
from wxcloudrun.kit.turns import Door, Queue

PATIENCE_SECONDS = 30


class TestQueue:
    def test_given_several_that_wait_then_they_come_in_their_order(self) -> None:
        queue, came = Queue(), list[int]()
        assert queue.acquire(0)

        def wait(number: int) -> None:
            assert queue.acquire(PATIENCE_SECONDS)
            came.append(number)
            queue.release()

        threads = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
        for number, thread in enumerate(threads):
            thread.start()
            assert eventually(lambda number=number: len(queue._waiting) > number, PATIENCE_SECONDS)  # noqa: SLF001  # nothing else tells that it waits
        queue.release()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)

        assert came == [0, 1, 2, 3, 4]

    def test_given_one_that_gives_up_then_the_next_one_gets_it(self) -> None:
        queue = Queue()
        assert queue.acquire(0)
        assert not queue.acquire(0.01)
        queue.release()

        assert queue.acquire(0)


class TestDoor:
    def test_given_somebody_in_it_then_others_wait_until_they_leave(self, tmp_path: Path) -> None:
        file = tmp_path / "door"
        with Door(file).stand(lambda: 0), pytest.raises(TimeoutError), Door(file).stand(lambda: 0):
            pass

        with Door(file).stand(lambda: 0):
            assert file.stat().st_mode & 0o777 == 0o600

    def test_given_no_place_for_it_or_a_link_then_everybody_passes(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
        for nowhere in (None, tmp_path / "absent" / "door", tmp_path / "link"):
            with Door(nowhere).stand(lambda: 0), Door(nowhere).stand(lambda: 0):
                pass
        assert not (tmp_path / "elsewhere").exists()


def engine(tmp_path: Path) -> Engine:
    """Return a process of its own, as far as the database can tell."""
    made = create_engine(f"sqlite:///{tmp_path / 'registry.db'}")
    sqlite.prepare(made, "NORMAL", None)
    return made


def write(made: Engine, moment: threading.Event) -> None:
    """Hold the lock of the database for a moment."""
    with (
        sqlite.turn_to_write(made),
        made.connect().execution_options(sqlite_begin="IMMEDIATE") as connection,
        connection.begin(),
    ):
        connection.exec_driver_sql("INSERT INTO turns VALUES (1)")
        moment.wait(0.003)


def test_given_two_processes_that_write_all_the_time_then_neither_keeps_the_other_waiting(
    tmp_path: Path,
) -> None:
    greedy, other = engine(tmp_path), engine(tmp_path)
    with other.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE turns (number INTEGER)")
        connection.commit()
    done, began, turns = threading.Event(), threading.Event(), list[int]()

    def write_on() -> None:
        while not done.is_set():
            write(greedy, done)
            turns.append(1)
            began.set()

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        assert began.wait(PATIENCE_SECONDS)
        before = len(turns)
        for _ in range(30):
            write(other, done)
        taken = len(turns) - before
    finally:
        done.set()
        thread.join(PATIENCE_SECONDS)
        greedy.dispose()
        other.dispose()

    assert 10 <= taken <= 90, "they take turns"
