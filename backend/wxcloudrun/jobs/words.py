"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import TEXT, PathPart, Words

WORDS = Words(
    meanings={
        "arguments": "what the job is about",
        "attempts": "how often it was begun",
        "enabled": "whether it is done at all",
        "error": "why the last attempt has failed; null if none has",
        "errors": "how often it has failed",
        "finished_at": "when it ended; null before that",
        "interval_seconds": "seconds from one run to the next",
        "kind": "what kind of work it is, such as `collect`",
        "last_duration_seconds": "how long the last run took; null before the first",
        "last_error": "why the last run that failed did so",
        "last_run_at": "when it ran last; null before the first run",
        "lease_expires_at": "when whoever works on it has to have shown a sign of life",
        "max_attempts": "how often it is begun at most",
        "next_run_at": "when it is due; null until a worker has looked at it once",
        "not_before": "when it may be begun",
        "result": "what came of it; null until it is done",
        "runs": "how often it has run",
        "started_at": "when it was begun the last time",
        "JobOut.created_by": "the id of the user who asked for it; null for the service itself",
        "JobQuery.kind": "only of this kind, such as `collect`",
        "JobQuery.state": "only in this state",
        "TaskOut.name": "the name of the task",
    },
    paths={
        "name": PathPart(TEXT, "the name of a periodic task"),
    },
)
