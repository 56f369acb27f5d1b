"""Refusals of this domain."""

from typing import ClassVar

from wxcloudrun.kit.errors import AppError, Conflict, Gone

RUNS = {
    "type": "array",
    "description": "the first and the last number of each run of parts, from 1 on",
    "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
}


STRING = {"type": "string"}
UNFINISHED = {
    "type": "array",
    "description": "some of them, those first that have waited longest; only what you may see",
    "items": {
        "type": "object",
        "required": ["id", "project", "package", "filename", "url"],
        "properties": dict.fromkeys(("id", "project", "package", "filename", "url"), STRING),
    },
}


class TooManyUploads(AppError):
    """You have as many unfinished uploads as you may; waiting does not help, ending some of them does."""

    status = 429
    reason = "too_many_uploads"
    described_facts: ClassVar = {
        "limit": {"type": "integer", "description": "how many are allowed"},
        "sessions": UNFINISHED,
    }


class PartsMissing(Conflict):
    """Not every part has come yet."""

    reason = "parts_missing"
    described_facts: ClassVar = {"missing": RUNS}


class SessionEnded(Conflict):
    """The session takes no more parts."""

    reason = "session_ended"
    described_facts: ClassVar = {"state": {"type": "string"}}


class OffsetMismatch(Conflict):
    """Bytes were offered for another place than the one where they have to go on."""

    reason = "offset_mismatch"
    described_facts: ClassVar = {"offset": {"type": "integer"}}


class SessionGone(Gone):
    """The session was given up, by its maker or because its time was over."""

    reason = "session_gone"
    described_facts: ClassVar = {"state": {"type": "string"}}


class UploadLost(Gone):
    """The store has lost what was sent; nothing but beginning again helps."""

    reason = "upload_lost"
