"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.kit.names import ARTIFACT_ID
from wxcloudrun.web.words import SHA256, PathPart, Words

WORDS = Words(
    meanings={
        "artifact_id": "the SHA-256 of the bytes, in lower-case hex",
        "content_type": "the media type with which the bytes are answered",
        "md5": "the MD5 in hex; null while it is not computed yet",
        "sha1": "the SHA-1 in hex; null while it is not computed yet",
        "sha256": "the SHA-256 in lower-case hex",
        "size": "bytes",
    },
    examples={
        "artifact_id": SHA256,
        "content_type": "text/plain",
        "md5": "27b1524f2a9c6a3d5c8e1b7f0d4a6e93",
        "sha1": "03c4de91b7a2f6e85d3c0b9a8f7e6d5c4b3a2918",
        "sha256": SHA256,
        "size": 16,
    },
    paths={
        "sha256": PathPart(ARTIFACT_ID.json_schema or {}, "an artifact id: a SHA-256 in lower-case hex"),
    },
)
