"""What is measured of background jobs."""

from collections.abc import Callable, Mapping

from wxcloudrun.kit.metrics import Asked


def jobs_by_state(count: Callable[[], Mapping[str, int]]) -> Asked:
    """Tell how many there are in which state."""
    return Asked("registry_jobs", "Background jobs by state.", "state", count)
