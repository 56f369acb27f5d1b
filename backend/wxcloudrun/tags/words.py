"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.kit.names import TAG_NAME
from wxcloudrun.web.words import OLDER, SHA256, PathPart, Words

WORDS = Words(
    meanings={
        "current": "where the tag points now; null if it does not exist",
        "moved_at": "when it was moved",
        "moved_by": "the name of the user who moved it; null if they are gone",
        "previous": "the artifact id that it pointed at before; null if it was new, or at a version",
        "previous_version": "the version that it pointed at before; null if it was new, or at bytes",
        "tag": "the name of a tag; null without one",
        "updated_at": "when it was pointed there",
        "updated_by": "the name of the user who pointed it there; null if they are gone",
        "TagIn.artifact_id": "the SHA-256 of bytes that the package holds",
        "TagIn.version": "a version of the package",
        "TagMoveOut.artifact_id": "the bytes where the tag pointed from then on, if at bytes",
        "TagMoveOut.version": "the version where the tag pointed from then on, if at one",
        "TagMovedOut.artifact_id": "where it points, or the one file of `version`; null if that has several",
        "TagMovedOut.name": "the name of the tag",
        "TagMovedOut.version": "the version where it points; null if it points at bytes",
        "TagOut.artifact_id": "where it points, or the one file of `version`; null if that has several",
        "TagOut.name": "the name of the tag",
        "TagOut.version": "the version where it points; null if it points at bytes",
    },
    examples={
        "current": SHA256,
        "previous": OLDER,
        "tag": "stable",
    },
    paths={
        "tag": PathPart(TAG_NAME.json_schema or {}, "the name of a tag"),
    },
)
