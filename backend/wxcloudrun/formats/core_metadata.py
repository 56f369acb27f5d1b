"""The core metadata of Python's distributions: METADATA of a wheel, PKG-INFO of a source distribution."""

from dataclasses import dataclass

from packaging.metadata import parse_email

from wxcloudrun.formats.declarations import complete, foreign


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
        raw, _ = parse_email(text)
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
