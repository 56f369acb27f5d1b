"""What is measured of the blob store."""

from collections.abc import Iterator
from contextlib import contextmanager

from wxcloudrun.kit import clock
from wxcloudrun.kit.metrics import counter, gauge, histogram

STORE_SECONDS = histogram(
    "registry_store_seconds",
    "Time that the blob store took, without waiting for a client; of a read, to its first block.",
    "operation",
)
STORE_ERRORS = counter("registry_store_errors", "Operations that the blob store failed to do.", "operation")
STORE_READS = gauge(
    "registry_store_reads_active",
    "Reads from a store without files that are open: each holds a connection to it.",
)


@contextmanager
def store_operation(operation: str) -> Iterator[None]:
    """Measure an operation of the blob store."""
    began_at = clock.monotonic()
    yield
    STORE_SECONDS.labels(operation).observe(clock.monotonic() - began_at)
