"""What stands in a page of metrics."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.client import ApiClient


def scraped(client: ApiClient) -> dict[str, float]:
    """Return every sample of `/metrics` by its name and labels, as in `name{a="b"}`."""
    answer = client.get("/metrics").ok()
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        written(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


def written(name: str, labels: dict[str, str]) -> str:
    """Write a sample's name down with its labels in order."""
    pairs = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{pairs}}}" if pairs else name


def difference(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return what has been counted in between."""
    return {
        name: value - before.get(name, 0.0) for name, value in after.items() if value != before.get(name, 0.0)
    }
