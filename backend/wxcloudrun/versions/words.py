"""What the fields and paths of this domain mean, for the description of the API."""

from wxcloudrun.web.words import OLDER, SHA256, PathPart, Words

WORDS = Words(
    meanings={
        "deprecated": "why nobody should use it any more; null unless somebody said so",
        "dependencies": "which packages it needs, written as those of its format are; 1000 at most",
        "existing": "the artifact id that is there",
        "filename": "the name of the file",
        "notes": "what people wrote about it, as Markdown; null for nothing",
        "offered": "the artifact id that the request brings",
        "properties": "what programs keep with it: short texts by their names",
        "range": "the range as it was asked for",
        "readme": "its README as it is written, up to 131072 characters; null without one",
        "readme_is_whole": "false if the README is longer than what is shown",
        "readme_type": "the media type of the README, as it says; null if it does not",
        "requires": "which versions of its interpreter it needs; null if it does not say",
        "said": "what stands in it; null where nothing is read, as in generic packages",
        "sealed_at": "since when it takes no new file; null if it does",
        "summary": "what it is, in one sentence; null without one",
        "url": "where the bytes are, under the name of their file",
        "version": "the name of a version; null without one",
        "version_source": "who named the version; null without one",
        "yanked": "since when `latest` and ranges pass over it, and why; null unless they do",
        "FileOut.filename": "the name of the file, in its version",
        "RangeNotUnderstood.position": "the first character that was not understood, counted from 0",
        "VersionDetailOut.artifact_id": "the SHA-256 of its one file; null if it has none, or several",
        "VersionDetailOut.url": "where its one file is, under its name; null if it has none, or several",
        "VersionOut.artifact_id": "the SHA-256 of its one file; null if it has none, or several",
        "VersionOut.url": "where its one file is, under its name; null if it has none, or several",
        "VersionPatch.deprecated": "why nobody should use it any more, and what instead; null: they may",
        "VersionPatch.properties": "what programs keep with it, in place of what there is",
        "VersionPatch.yanked": 'why nobody shall choose it any more, `""` without a reason; null: they may',
        "YankOut.at": "since when",
        "YankOut.reason": "why; empty without a reason",
    },
    examples={
        "status": "downloaded",
        "existing": OLDER,
        "offered": SHA256,
        "url": "https://registry.example.com/api/v1/blobs/eyJrIjoiMSJ9.c2ln",
        "version": "1.2.3",
        "version_source": "filename",
    },
    paths={
        "filename": PathPart(
            {"type": "string", "minLength": 1, "maxLength": 255},
            "1 to 255 bytes of UTF-8, percent-encoded; kept exactly. "
            "No `/`, no backslash, no control characters",
            "hammer-1.2.3.txt",
        ),
        "version": PathPart(
            {"type": "string", "pattern": r"^[!-.0-~]{1,128}$"},
            "the name of a version: printable ASCII without space and `/`",
        ),
    },
)
