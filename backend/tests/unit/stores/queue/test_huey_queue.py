"""Waking workers by Huey: messages are numbers, and a queue that is gone is one kind of failure."""

import sqlite3
from pathlib import Path

import pytest

from wxcloudrun.kit import clock
from wxcloudrun.stores.queue.duties import Duties
from wxcloudrun.stores.queue.huey import RETRY_SECONDS, HueyQueue, embedded_queue, redis_queue
from wxcloudrun.stores.queue.port import QueueUnavailable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the queue lies."""
    return tmp_path / "queue.db"


def duties(done: list[int], waiting: list[int]) -> Duties:
    """Return duties that note what is done, and find what waits."""
    return Duties(
        do_job=done.append,
        next_job=lambda: waiting.pop(0) if waiting else None,
        due_tasks=tuple,
        do_task=lambda _name: None,
        hand_back=lambda: None,
    )


def worked_off(queue: HueyQueue, waiting: list[int]) -> list[int]:
    """Do everything that a thread of this process would find, and return it."""
    done: list[int] = []
    queue.huey.duties = duties(done, waiting)
    while (task := queue.huey.dequeue()) is not None:
        queue.huey.execute(task)
    return done


class TestFile:
    def test_messages_reach_another_process_in_their_order(self, file: Path) -> None:
        for number in (3, 1, 2):
            embedded_queue(file).ring(number)

        assert worked_off(embedded_queue(file), []) == [3, 1, 2]

    def test_what_waits_without_a_message_is_found_after_them(self, file: Path) -> None:
        queue = embedded_queue(file)
        queue.ring(1)

        assert worked_off(queue, [7, 8]) == [1, 7, 8]

    def test_a_message_is_the_number_and_nothing_that_could_be_run(self, file: Path) -> None:
        embedded_queue(file).ring(42)

        with sqlite3.connect(file) as connection:
            (message,) = connection.execute("SELECT data FROM task").fetchone()
        connection.close()
        assert message == b"42"

    def test_nothing_is_opened_before_it_is_needed(self, file: Path) -> None:
        queue = embedded_queue(file)
        assert not file.exists()

        queue.check()
        assert file.exists()

    def test_a_file_that_cannot_be_opened_is_a_queue_that_is_gone(self, file: Path) -> None:
        file.mkdir()

        with pytest.raises(QueueUnavailable):
            embedded_queue(file).ring(1)
        with pytest.raises(QueueUnavailable):
            embedded_queue(file).check()

    def test_after_a_failure_it_is_left_alone_for_some_seconds(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue = embedded_queue(file)
        file.mkdir()
        with pytest.raises(QueueUnavailable):
            queue.ring(1)
        file.rmdir()

        with pytest.raises(QueueUnavailable):
            queue.ring(2)
        queue.check()

        later = clock.monotonic() + RETRY_SECONDS
        monkeypatch.setattr(clock, "monotonic", lambda: later)
        queue.ring(3)
        assert worked_off(queue, []) == [3]

    def test_a_job_that_breaks_its_thread_does_not(self, file: Path) -> None:
        queue = embedded_queue(file)
        queue.huey.duties = Duties(
            do_job=lambda job_id: 1 // (job_id - 1),
            next_job=lambda: None,
            due_tasks=tuple,
            do_task=lambda _name: None,
            hand_back=lambda: None,
        )

        queue.huey.execute(queue.huey.job.s(1))


class TestRedisThatIsNotThere:
    """Unit tests have no network, which is as good as a Redis that is down."""

    @pytest.fixture
    def queue(self) -> HueyQueue:
        """A queue in a Redis that cannot be reached."""
        return redis_queue("redis://127.0.0.1:1/0")

    def test_waking_fails(self, queue: HueyQueue) -> None:
        with pytest.raises(QueueUnavailable):
            queue.ring(1)
        with pytest.raises(QueueUnavailable):
            queue.check()

    def test_a_worker_finds_what_waits_all_the_same(self, queue: HueyQueue) -> None:
        done: list[int] = []
        queue.huey.duties = duties(done, [5, 6])

        for _ in range(2):
            queue.huey.execute(queue.huey.dequeue())
        with pytest.raises(QueueUnavailable):
            queue.huey.dequeue()

        assert done == [5, 6]
