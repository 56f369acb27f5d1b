"""What a package says of itself, for people: a sentence, what it needs, and its README."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wxcloudrun.formats.bounded import UnreadablePackage
from wxcloudrun.formats.core_metadata import read_core_metadata
from wxcloudrun.formats.declarations import foreign

MOST_DEPENDENCIES = 1000
DEPENDENCY_CHARACTERS = 1000
README_CHARACTERS = 128 * 1024


@dataclass(frozen=True, slots=True)
class SaidInside:
    """What stands in a package, cut where it is longer than anybody reads.

    `requires` is what it needs of its interpreter; each of `dependencies` is written as its format does.
    """

    summary: str | None = None
    requires: str | None = None
    dependencies: Sequence[str] = ()
    readme: str | None = None
    readme_type: str | None = None
    readme_is_whole: bool = True

    def with_readme(self, readme: str) -> "SaidInside":
        """Return the same with a README that was kept beside it, in Markdown."""
        return cut(self.summary, self.requires, self.dependencies, readme, "text/markdown")


def said_in_core_metadata(metadata: bytes) -> SaidInside:
    """Read METADATA or PKG-INFO; what cannot be read says nothing."""
    try:
        core = read_core_metadata(metadata)
    except UnreadablePackage:
        return SaidInside()
    return cut(core.summary, core.requires_python, core.requires_dist, core.description, core.readme_type)


def said_in_package_json(manifest: bytes) -> SaidInside:
    """Read a package.json; what cannot be read says nothing."""
    try:
        with foreign():
            read = json.loads(manifest)
    except UnreadablePackage:
        return SaidInside()
    if not isinstance(read, dict):
        return SaidInside()
    engines, needed = read.get("engines"), read.get("dependencies")
    return cut(
        text_of(read, "description"),
        text_of(engines, "node"),
        [f"{name}@{wanted}" for name, wanted in needed.items()] if isinstance(needed, dict) else [],
        text_of(read, "readme"),
        "text/markdown",
    )


def cut(
    summary: str | None,
    requires: str | None,
    dependencies: Sequence[str],
    readme: str | None,
    readme_type: str | None,
) -> SaidInside:
    """Return what was read, as much of it as is shown."""
    readme = readme or None
    return SaidInside(
        summary=summary or None,
        requires=requires or None,
        dependencies=[each[:DEPENDENCY_CHARACTERS] for each in dependencies[:MOST_DEPENDENCIES]],
        readme=None if readme is None else readme[:README_CHARACTERS],
        readme_type=None if readme is None else readme_type,
        readme_is_whole=len(readme or "") <= README_CHARACTERS,
    )


def text_of(read: Any, name: str) -> str | None:
    """Return a text in a JSON object; None if there is none."""
    value = read.get(name) if isinstance(read, Mapping) else None
    return value if isinstance(value, str) else None
