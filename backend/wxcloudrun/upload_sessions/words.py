"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import PathPart, Words

WORDS = Words(
    examples={
        "part_bytes": 5 * 1024 * 1024,
    },
    paths={
        "number": PathPart(
            {"type": "integer", "minimum": 1, "maximum": 10_000}, "which part, counted from 1"
        ),
        "session_id": PathPart(
            {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "the `id` of an upload session"
        ),
    },
)
