"""What is there: documents of packages and versions, as they were made when the bytes came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from wxcloudrun.formats.npm_tarballs import tarball_name
from wxcloudrun.kit.db import Reader, asking
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.names import is_tag
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.npm import queries
from wxcloudrun.npm.queries import RowOf
from wxcloudrun.npm.rules import LATEST, Spoken, revision_name, with_latest, written
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.versions.reads import DocumentKind
from wxcloudrun.versions.rules.names import is_version

NO_MARK = ""


class ShownVersion(NamedTuple):
    """A version as a document shows it; a tuple, as there may be thousands."""

    version: str
    spoken: Spoken
    published_at: datetime
    document: bytes  # all but where the tarball is, and what is said against it


@dataclass(frozen=True, slots=True)
class PackageState:
    """All that is shown of a package at one revision."""

    created_at: datetime
    modified_at: datetime
    tags: Mapping[str, str]
    versions: Sequence[ShownVersion]
    readme: bytes


@dataclass(frozen=True, slots=True)
class ShownPackage:
    """A package at one revision; `state` is None where the caller has seen that revision already."""

    name: str
    stamp: str  # stands for the revision
    mark: str
    revision: str  # how writers name it
    is_public: bool
    state: PackageState | None


@dataclass(frozen=True, slots=True)
class OneVersion:
    """The document of one version."""

    name: str
    version: str
    warning: str | None
    document: bytes
    is_public: bool


class PackumentService:
    """Shows what is there."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def package(
        self, actor: Actor, project: str, name: str, seen: str = NO_MARK, *, is_abbreviated: bool = False
    ) -> ShownPackage:
        """Return a package, unless `seen` is still its mark. Raises Unauthorized, NotFound.

        A package without a version is none to npm.
        """
        kind = DocumentKind.ABBREVIATED if is_abbreviated else DocumentKind.MANIFEST
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, written(name), Action.ARTIFACT_READ)
            rows = queries.packument_rows(reader, found.id, kind, seen)
        head = next((each for each in rows if each.part == RowOf.PACKAGE), None)
        if head is None:  # deleted while we looked
            raise absent(name)
        mark = head.name or NO_MARK
        state = None if mark and mark == seen else state_of(name, head, rows)
        if state is not None and not state.versions:
            raise absent(name)
        stamp = f"{found.id}-{head.number or 0}-{mark}"
        revision = revision_name(head.number, mark)
        return ShownPackage(name, stamp, mark, revision, found.access.is_public, state)

    def version(self, actor: Actor, project: str, name: str, wanted: str) -> OneVersion:
        """Return a version by its name or by that of a tag. Raises Unauthorized, NotFound."""
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, written(name), Action.ARTIFACT_READ)
            row = version_row(reader, found, name, wanted)
            if row is None and wanted == LATEST:  # nobody has said what that is
                version = with_latest({}, shown_versions(reader, found, name)).get(LATEST, wanted)
                row = version_row(reader, found, name, version)
        if row is None:
            raise NotFound(text("{name} has no version or tag {wanted}", name=name, wanted=wanted))
        warning = Spoken.of(row.deprecated, row.yanked_at, row.yanked_reason).warning
        return OneVersion(name, row.version, warning, row.content, found.access.is_public)


def version_row(reader: Reader, found: FoundPackage, name: str, wanted: str) -> Any | None:
    """Return the document of a version, or of that of a tag; None if there is none."""
    if not (is_version(wanted) or is_tag(wanted)):
        return None
    rows = queries.version_rows(reader, found.id, wanted)
    return next((each for each in rows if each.filename == tarball_name(name, each.version)), None)


def shown_versions(reader: Reader, found: FoundPackage, name: str) -> dict[str, Spoken]:
    """Return the versions that documents show, the oldest first, and what is said against each."""
    return {
        each.version: Spoken.of(each.deprecated, each.yanked_at, each.yanked_reason)
        for each in queries.shown_versions(reader, found.id)
        if each.filename == tarball_name(name, each.version)
    }


def state_of(name: str, head: Any, rows: Sequence[Any]) -> PackageState:
    """Sort the rows of a package by what they are about; other files in it are nothing to npm."""
    versions, tags, readme = [], {}, b""
    for row in rows:
        if row.part == RowOf.VERSION and row.filename == tarball_name(name, row.name):
            spoken = Spoken.of(row.deprecated, row.until, row.target)
            shown = ShownVersion(row.name, spoken, row.moment, row.content)
            versions.append((row.number, shown))
        elif row.part == RowOf.TAG:
            tags[row.name] = row.target
        elif row.part == RowOf.README:
            readme = row.content
    shown_versions = [each for _, each in sorted(versions, key=lambda pair: pair[0])]
    there = {each.version: each.spoken for each in shown_versions}
    kept_tags = {tag: version for tag, version in sorted(tags.items()) if version in there}
    changed = head.until or max((each.published_at for each in shown_versions), default=head.moment)
    return PackageState(head.moment, changed, with_latest(kept_tags, there), shown_versions, readme)


def absent(name: str) -> NotFound:
    """Refuse a package that is not there, to somebody who may know that."""
    return NotFound(text("package {name} does not exist", name=name))
