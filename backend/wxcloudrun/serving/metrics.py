"""What is measured of requests, connections and bodies on their way."""

from wxcloudrun.kit.metrics import counter, gauge, histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER, UNKNOWN = "other", "unknown"
REQUESTS = counter("registry_requests", "Requests that were answered.", "method", "route", "status")
REQUEST_SECONDS = histogram(
    "registry_request_seconds",
    "Time from the head of a request to the head of its answer, so with the body of an upload.",
    "method",
    "route",
)
RECEIVED_BYTES = counter("registry_received_bytes", "Bytes of request bodies that were read.")
SENT_BYTES = counter("registry_sent_bytes", "Bytes of answers' bodies that were sent.")
TRANSFERS = gauge(
    "registry_transfers_active",
    "Bodies that are on their way, from clients (up) or to them (down).",
    "direction",
)
TRANSFERS_REFUSED = counter(
    "registry_transfers_refused",
    "Bodies that were refused with 503 before their first byte, because there was no place.",
    "direction",
)
REQUESTS_WAITING = gauge(
    "registry_requests_waiting",
    "Requests that are wholly there and wait for a thread; a figure of the last second.",
)
CONNECTIONS_REFUSED = counter(
    "registry_connections_refused", "Connections that were refused because there were too many."
)
OPEN_CONNECTIONS = gauge("registry_connections_open", "Connections of clients; a figure of the last second.")


def count_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count an answered request. `route` is the rule that matched, None if there was none."""
    labels = (method if method in METHODS else OTHER, route or UNKNOWN)
    REQUESTS.labels(*labels, str(status)).inc()
    REQUEST_SECONDS.labels(*labels).observe(seconds)
