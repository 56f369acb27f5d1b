"""How many sessions begin, and how they end."""

from wxcloudrun.kit.events import Event
from wxcloudrun.upload_sessions import metrics


def count_session(event: Event) -> None:
    """Count a session by what has happened to it."""
    metrics.UPLOAD_SESSIONS.labels(event.kind.verb).inc()
