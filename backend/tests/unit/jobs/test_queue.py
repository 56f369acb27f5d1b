"""A job is put down in the caller's transaction, or not at all."""

from tests.support.background import Bench
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.jobs.service.kinds import JobKind


def test_a_job_is_done_once(bench: Bench) -> None:
    seen: list[tuple[int, dict[str, object]]] = []

    def note(context: JobContext, arguments: dict[str, object]) -> dict[str, int]:
        seen.append((context.attempt, arguments))
        return {"answer": 42}

    bench.kinds["note"] = JobKind(note)
    job_id = bench.enqueue("note", {"name": "ada"})

    assert bench.work() == 1
    assert bench.work() == 0

    job = bench.job(job_id)
    assert seen == [(1, {"name": "ada"})]
    assert (job.state, job.result, job.error) == ("done", '{"answer":42}', None)
