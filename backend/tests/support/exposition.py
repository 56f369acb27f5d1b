"""What stands in a page of metrics."""

from tests.support.client import ApiClient


def scraped(client: ApiClient) -> dict[str, float]:
    """Return every sample of `/metrics` by its name and labels, as in `name{a="b"}`.

    A page of a process that has done thousands of tests is long, and tests ask for many: its lines are split
    here. That they are what Prometheus reads `test_given_the_page_then_prometheus_reads_the_same` holds.
    """
    answer = client.get("/metrics").ok()
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return samples(answer.body.decode())


def samples(page: str) -> dict[str, float]:
    """Return every sample of a page; its labels stand in order there."""
    lines = (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return what has been counted in between."""
    return {
        name: value - before.get(name, 0.0) for name, value in after.items() if value != before.get(name, 0.0)
    }
