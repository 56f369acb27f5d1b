"""What administrators see of the background work over HTTP, and what they can change."""

from typing import Any

import pytest
from flask import Flask

from tests.support.background import Bench
from tests.support.client import ApiClient
from tests.support.moments import Clock
from tests.unit.audit.conftest import entries
from wxcloudrun.jobs.errors import JobFailed
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.jobs.service.periodic import PeriodicService
from wxcloudrun.kit.clock import rfc3339

JOBS, TASKS = "/api/v1/jobs", "/api/v1/tasks"
STATS = {
    "name", "interval_seconds", "enabled", "runs", "errors", "last_error", "last_run_at",
    "last_duration_seconds", "next_run_at",
}  # fmt: skip


@pytest.fixture
def root(client: ApiClient, make_person: Any) -> ApiClient:
    """An administrator."""
    return client.as_(make_person("root", is_admin=True).token)


@pytest.fixture
def tick(app: Flask) -> Any:
    """Let the application's own periodic tasks be looked at once."""

    def look() -> int:
        with app.app_context():
            done: int = app.extensions["services"][PeriodicService].run_due()
            return done

    return look


class TestJobs:
    def test_a_job_tells_its_whole_story(self, bench: Bench, root: ApiClient, time: Clock) -> None:
        job_id = bench.given(lambda *_: {"answer": 42})
        bench.work()

        job = root.get(f"{JOBS}/{job_id}").ok().data

        moment = rfc3339(time.now())
        assert job == {
            "id": job_id,
            "kind": "given",
            "arguments": {},
            "state": "done",
            "attempts": 1,
            "max_attempts": 3,
            "error": None,
            "result": {"answer": 42},
            "created_at": moment,
            "created_by": None,
            "not_before": moment,
            "lease_expires_at": None,
            "started_at": moment,
            "finished_at": moment,
            "last_duration_seconds": 0.0,
        }

    def test_a_failure_says_why(self, bench: Bench, root: ApiClient) -> None:
        def handler(_context: JobContext, _arguments: dict[str, Any]) -> None:
            raise JobFailed("there is no such thing")

        job_id = bench.given(handler)
        bench.work()

        job = root.get(f"{JOBS}/{job_id}").ok().data
        assert (job["state"], job["error"], job["result"]) == ("failed", "there is no such thing", None)

    def test_the_list_begins_with_the_newest_and_goes_on_page_by_page(
        self, bench: Bench, root: ApiClient
    ) -> None:
        ids = [bench.enqueue("given", {"number": number}) for number in range(5)]

        seen: list[int] = []
        query: dict[str, Any] = {"limit": 2}
        while True:
            page = root.get(JOBS, query=query).ok().data
            seen += [job["id"] for job in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]

        assert seen == sorted(ids, reverse=True)

    def test_it_can_be_narrowed_down(self, bench: Bench, root: ApiClient) -> None:
        bench.kinds["a"] = JobKind(lambda *_: None)
        done, waiting, other = bench.enqueue("a"), bench.enqueue("a", delay_seconds=60), bench.enqueue("b")
        bench.work()

        def found(**query: str) -> list[int]:
            return [job["id"] for job in root.get(JOBS, query=query).ok().items]

        assert found(kind="a") == [waiting, done]
        assert found(state="queued") == [other, waiting]
        assert found(kind="a", state="queued") == [waiting]
        assert found(kind="c") == []

    def test_a_cursor_fits_its_filters_only(self, bench: Bench, root: ApiClient) -> None:
        for _ in range(3):
            bench.enqueue("a")
        cursor = root.get(JOBS, query={"kind": "a", "limit": 1}).ok().data["next_cursor"]

        assert root.get(JOBS, query={"kind": "b", "limit": 1, "cursor": cursor}).status == 422

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("query", [{"state": "lost"}, {"kind": "ü"}, {"who": "me"}, {"limit": "0"}])
    def test_an_impossible_question_is_refused(self, root: ApiClient, query: dict[str, str]) -> None:
        assert root.get(JOBS, query=query).status == 422

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("job_id", ["0", "999999", "-1", "x", "1" * 30])
    def test_a_job_that_is_not_there_is_404(self, root: ApiClient, job_id: str) -> None:
        assert (root.get(f"{JOBS}/{job_id}").status, root.get(f"{JOBS}/{job_id}").reason) == (
            404,
            "not_found",
        )


class TestTasks:
    def test_before_a_worker_was_there_every_task_is_shown_as_it_will_be(self, root: ApiClient) -> None:
        tasks = root.get(TASKS).ok().items

        assert [task["name"] for task in tasks] == [
            "audit-chain", "collect", "end-upload-sessions", "forget-expired", "forget-jobs",
            "forget-mailed-tokens", "forget-npm-logins", "remove-objects", "requeue-jobs", "sweep",
        ]  # fmt: skip
        assert all(set(task) == STATS and task["next_run_at"] is None for task in tasks)

    def test_then_they_say_how_they_are_doing(self, root: ApiClient, tick: Any, time: Clock) -> None:
        assert tick() == 0
        time.advance(seconds=3600)
        assert tick() == 8

        task = root.get(f"{TASKS}/collect").ok().data
        assert (task["runs"], task["errors"], task["last_error"]) == (1, 0, None)
        assert task["last_run_at"] == rfc3339(time.now())
        assert task["last_duration_seconds"] >= 0

    def test_pages_are_by_name(self, root: ApiClient) -> None:
        first = root.get(TASKS, query={"limit": 5}).ok().data
        rest = root.get(TASKS, query={"limit": 5, "cursor": first["next_cursor"]}).ok().data

        assert [task["name"] for task in rest["items"]] == [
            "forget-mailed-tokens", "forget-npm-logins", "remove-objects", "requeue-jobs", "sweep",
        ]  # fmt: skip
        assert rest["next_cursor"] is None

    def test_switching_one_off_holds_at_the_next_look(self, root: ApiClient, tick: Any, time: Clock) -> None:
        tick()

        changed = root.patch(f"{TASKS}/collect", {"enabled": False}).ok().data
        time.advance(hours=2)
        tick()

        assert changed["enabled"] is False
        assert root.get(f"{TASKS}/collect").ok().data["runs"] == 0
        assert root.get(f"{TASKS}/forget-expired").ok().data["runs"] == 1

    def test_a_shorter_interval_brings_the_next_run_nearer(
        self, root: ApiClient, tick: Any, time: Clock
    ) -> None:
        tick()

        changed = root.patch(f"{TASKS}/sweep", {"interval_seconds": 30}).ok().data
        time.advance(seconds=30)
        tick()

        assert changed["interval_seconds"] == 30
        assert root.get(f"{TASKS}/sweep").ok().data["runs"] == 1

    def test_a_longer_one_leaves_the_next_run_where_it_was(self, root: ApiClient, tick: Any) -> None:
        tick()
        before = root.get(f"{TASKS}/collect").ok().data["next_run_at"]

        changed = root.patch(f"{TASKS}/collect", {"interval_seconds": 7200}).ok().data

        assert (changed["interval_seconds"], changed["next_run_at"]) == (7200, before)

    def test_it_can_be_changed_before_a_worker_was_there(self, root: ApiClient, tick: Any) -> None:
        root.patch(f"{TASKS}/collect", {"enabled": False}).ok()
        tick()

        assert root.get(f"{TASKS}/collect").ok().data["enabled"] is False

    def test_the_log_says_what_was_changed_and_nothing_when_nothing_was(self, root: ApiClient) -> None:
        root.patch(f"{TASKS}/collect", {"enabled": False, "interval_seconds": 60}).ok()
        root.patch(f"{TASKS}/collect", {"enabled": False}).ok()
        root.patch(f"{TASKS}/collect", {}).ok()

        (entry,) = entries(root, action="task.changed")
        assert entry["object"] == "task/collect"
        assert entry["before"] == {"enabled": True, "interval_seconds": 3600}
        assert entry["after"] == {"enabled": False, "interval_seconds": 60}

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "body",
        [
            {"interval_seconds": 0},
            {"interval_seconds": 10**9},
            {"interval_seconds": "60"},
            {"enabled": 1},
            {"runs": 0},
        ],
    )
    def test_an_impossible_change_is_refused(self, root: ApiClient, body: dict[str, Any]) -> None:
        assert root.patch(f"{TASKS}/collect", body).status == 422

    def test_a_task_that_is_not_there_is_404(self, root: ApiClient) -> None:
        assert root.get(f"{TASKS}/dance").status == 404
        assert root.patch(f"{TASKS}/dance", {"enabled": False}).status == 404
