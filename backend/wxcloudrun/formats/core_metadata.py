"""The core metadata of Python's distributions: METADATA of a wheel, PKG-INFO of a source distribution."""

import re
from dataclasses import dataclass

from packaging.metadata import parse_email

from wxcloudrun.formats.declarations import complete, foreign

FIELDS = frozenset(
    {
        b"metadata-version", b"name", b"version", b"summary", b"requires-python", b"requires-dist",
        b"description", b"description-content-type",
    }
)  # fmt: skip
FIELD = re.compile(rb"([!-9;-~]+):")


@dataclass(frozen=True, slots=True)
class CoreMetadata:
    """What a distribution says of itself, as it is written in it."""

    name: str
    version: str
    summary: str | None
    requires_python: str | None
    requires_dist: tuple[str, ...]
    description: str | None
    readme_type: str | None  # of the description


def read_core_metadata(text: bytes) -> CoreMetadata:
    """Read them. Raises UnreadablePackage if they do not say a name and a version."""
    with foreign():
        raw, _ = parse_email(wanted_fields(text))
        declared = complete({"name": raw.get("name", ""), "version": raw.get("version", "")})
        return CoreMetadata(
            name=declared.name.strip(),
            version=declared.version.strip(),
            summary=raw.get("summary"),
            requires_python=raw.get("requires_python"),
            requires_dist=tuple(raw.get("requires_dist", ())),
            description=raw.get("description"),
            readme_type=raw.get("description_content_type"),
        )


def wanted_fields(text: bytes) -> bytes:
    """Return metadata with no other fields than those that are read.

    A parser of e-mails looks for each name among all of them, and goes into parts of parts: a megabyte that
    somebody has written for that would keep it busy for many minutes.
    """
    lines = text.splitlines(keepends=True)
    kept: list[bytes] = []
    is_wanted, number = False, 0
    for number, line in enumerate(lines):  # noqa: B007 - where the fields end
        if line[:1] not in (b" ", b"\t"):
            named = FIELD.match(line)
            if named is None:
                break
            is_wanted = named[1].lower() in FIELDS
        if is_wanted:
            kept.append(line)
    else:
        number = len(lines)
    return b"".join((*kept, *lines[number:]))
