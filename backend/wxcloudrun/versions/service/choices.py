"""What is kept of choices among versions, and when it goes."""

from wxcloudrun.kit.events import Event
from wxcloudrun.versions import queries


def forget_choices(event: Event) -> None:
    """Let the cache forget what was chosen among the versions of the package that something happened in."""
    if event.subject.package_id is not None:
        queries.choice.forget(event.subject.package_id)
