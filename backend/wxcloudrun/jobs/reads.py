"""What other domains may read here: one job as it stands."""

from wxcloudrun.jobs.queries import JobView, job

__all__ = [
    "JobView",
    "job",
]
