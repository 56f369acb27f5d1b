"""Refusals of this domain."""

from typing import ClassVar

from wxcloudrun.kit.errors import Conflict, Gone

RUNS = {
    "type": "array",
    "description": "the first and the last number of each run of parts, from 1 on",
    "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
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
