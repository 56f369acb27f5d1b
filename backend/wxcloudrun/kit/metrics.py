"""Every metric of the service, for Prometheus.

Labels have few values: never a project, a package, a person or an address, and never text that a client
has made up. Under gunicorn each worker writes into files of its own in PROMETHEUS_MULTIPROC_DIR, which
gunicorn.conf.py makes; whichever worker is asked adds them up.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from wxcloudrun.kit import clock, metric_files

metric_files.use()

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER, UNKNOWN = "other", "unknown"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
OWN = CollectorRegistry()
disable_created_metrics()  # type: ignore[no-untyped-call]  # a time of birth beside each sample, which nobody asks for

REQUESTS = Counter(
    "registry_requests", "Requests that were answered.", ["method", "route", "status"], registry=OWN
)
REQUEST_SECONDS = Histogram(
    "registry_request_seconds",
    "Time from the head of a request to the head of its answer, so with the body of an upload.",
    ["method", "route"],
    registry=OWN,
    buckets=SECONDS,
)
RECEIVED_BYTES = Counter("registry_received_bytes", "Bytes of request bodies that were read.", registry=OWN)
SENT_BYTES = Counter("registry_sent_bytes", "Bytes of answers' bodies that were sent.", registry=OWN)
CONNECTIONS = Gauge(
    "registry_database_connections",
    "Connections to the database that are open, in all workers.",
    multiprocess_mode="livesum",
    registry=OWN,
)
CONNECTIONS_IN_USE = Gauge(
    "registry_database_connections_in_use",
    "Those of them that a transaction is using.",
    multiprocess_mode="livesum",
    registry=OWN,
)
CACHE_LOOKUPS = Counter(
    "registry_cache_lookups",
    "Questions to the cache; a hit was there and still right.",
    ["outcome"],
    registry=OWN,
)
CACHE_EVICTIONS = Counter(
    "registry_cache_evictions", "Entries that made room for others while they were good.", registry=OWN
)
STORE_SECONDS = Histogram(
    "registry_store_seconds",
    "Time that the blob store took, without waiting for a client; of a read, to its first block.",
    ["operation"],
    registry=OWN,
    buckets=SECONDS,
)
STORE_ERRORS = Counter(
    "registry_store_errors", "Operations that the blob store failed to do.", ["operation"], registry=OWN
)
STORE_READS = Gauge(
    "registry_store_reads_active",
    "Reads from a store without files that are open: each holds a connection to it.",
    multiprocess_mode="livesum",
    registry=OWN,
)
UPLOAD_SESSIONS = Counter(
    "registry_upload_sessions",
    "Uploads in several requests, by what happened: begun, done, failed, aborted, expired.",
    ["event"],
    registry=OWN,
)
TRANSFERS = Gauge(
    "registry_transfers_active",
    "Bodies that are on their way, from clients (up) or to them (down).",
    ["direction"],
    multiprocess_mode="livesum",
    registry=OWN,
)
TRANSFERS_REFUSED = Counter(
    "registry_transfers_refused",
    "Bodies that were refused with 503 before their first byte, because there was no place.",
    ["direction"],
    registry=OWN,
)
REQUESTS_WAITING = Gauge(
    "registry_requests_waiting",
    "Requests that are wholly there and wait for a thread; a figure of the last second.",
    multiprocess_mode="livesum",
    registry=OWN,
)
CONNECTIONS_REFUSED = Counter(
    "registry_connections_refused", "Connections that were refused because there were too many.", registry=OWN
)
OPEN_CONNECTIONS = Gauge(
    "registry_connections_open",
    "Connections of clients; a figure of the last second.",
    multiprocess_mode="livesum",
    registry=OWN,
)
KEY_USES_PUT_OFF = Counter(
    "registry_key_uses_put_off",
    "Times that last uses and newer hashes of credentials could not be written down; they are tried again.",
    registry=OWN,
)


class JobStates:
    """How many background jobs are in which state: read from the database when somebody asks."""

    def __init__(self, states: Mapping[str, int]) -> None:
        self._states = states

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one sample for each state."""
        family = GaugeMetricFamily("registry_jobs", "Background jobs by state.", labels=["state"])
        for state, count in sorted(self._states.items()):
            family.add_metric([state], count)
        yield family


def count_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count an answered request. `route` is the rule that matched, None if there was none."""
    labels = (method if method in METHODS else OTHER, route or UNKNOWN)
    REQUESTS.labels(*labels, str(status)).inc()
    REQUEST_SECONDS.labels(*labels).observe(seconds)


@contextmanager
def store_operation(operation: str) -> Iterator[None]:
    """Measure an operation of the blob store."""
    began_at = clock.monotonic()
    yield
    STORE_SECONDS.labels(operation).observe(clock.monotonic() - began_at)


def exposition(jobs: Mapping[str, int]) -> bytes:
    """Write down every metric, of all workers if there are several."""
    registry = CollectorRegistry()
    registry.register(JobStates(jobs))
    try:
        collector = MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library is typed in part
    except ValueError:  # PROMETHEUS_MULTIPROC_DIR is not set: this process is the only one, or has no room
        registry.register(OWN)
        return generate_latest(registry)
    with metric_files.steady(Path(collector._path), to_change=False):  # noqa: SLF001  # it has no public name for it
        return generate_latest(registry)
