"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import TEXT, PathPart, Words

REF = (
    "`version:V` or a range, `tag:T`, `artifact:SHA256`, a bare name (tag, version, artifact), "
    "`latest` (the highest release), `active` (the activated version)"
)
WORDS = Words(
    meanings={
        "candidates": "the versions that fit, best first",
        "excluded": "the versions that were left out, and why",
        "mode": "`proxy`: the bytes; `redirect`: 302 to a link; `presigned`: the link in an envelope",
        "ref": REF,
        "tags": "the tags that point at it, 100 at most",
        "versions": "the versions that are these bytes, 100 at most",
        "why": "the reason for which it was left out",
        "ArtifactOut.id": "the artifact id: the SHA-256 in lower-case hex",
        "LinkOut.expires_at": "when the link is over",
        "LinkOut.url": "the link; it opens these bytes for whoever has it",
        "ResolvedOut.tag": "the tag that led there; null if none did",
        "ResolvedOut.version": "the version that led there; null if none did",
    },
    examples={
        "candidates": ["1.2.3", "1.2.0"],
        "mode": "proxy",
        "ref": "version:^1.2",
        "why": "prerelease",
    },
    paths={
        "ref": PathPart({"type": "string", "minLength": 1, "maxLength": 300}, REF),
        "token": PathPart(TEXT, "what a signed link carries"),
    },
)
