"""What there is: the projects of an index, the files of a project, and the metadata of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from wxcloudrun.formats.distributions import normalised
from wxcloudrun.kit.db import asking
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.names import is_sha256
from wxcloudrun.kit.package_names import Format
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.service import PackageService
from wxcloudrun.pypi import queries
from wxcloudrun.pypi.rules import is_distribution

NO_MARK = ""


@dataclass(frozen=True, slots=True)
class Index:
    """The projects that somebody may see."""

    names: Sequence[str]
    is_public: bool


class ListedFile(NamedTuple):
    """A file of a project, with everything that a page says of it; a tuple, as there may be ten thousand."""

    filename: str
    digest: str
    size_bytes: int
    uploaded_at: datetime
    version: str
    requires_python: str | None
    metadata_digest: str | None  # None: its metadata are not served beside it
    yanked: str | None  # None: it is not; a reason may be empty


@dataclass(frozen=True, slots=True)
class ListedProject:
    """The files of a project at one revision; None where the caller has seen that revision already."""

    name: str
    stamp: str  # stands for the revision
    mark: str
    is_public: bool
    files: Sequence[ListedFile] | None


@dataclass(frozen=True, slots=True)
class FoundMetadata:
    """The core metadata of a file, byte by byte."""

    content: bytes
    is_public: bool


class PypiListingService:
    """Shows what is there."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def index(self, actor: Actor, project: str) -> Index:
        """List the projects. Raises Unauthorized, NotFound."""
        with asking() as reader:
            access = self._packages.admit_to_project(reader, actor, project, Action.ARTIFACT_READ)
            return Index(queries.project_names(reader, access.project_id), access.is_public)

    def project(self, actor: Actor, project: str, name: str, seen: str = NO_MARK) -> ListedProject:
        """List the files of a project, unless `seen` is still its mark. Raises Unauthorized, NotFound."""
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, written(name), Action.ARTIFACT_READ)
            rows = queries.page_rows(reader, found.id, seen)
        if not rows:  # deleted while we looked
            raise absent(name)
        mark = rows[0].mark or NO_MARK
        stamp = f"{found.id}-{rows[0].revision or 0}-{mark}"
        files = None if mark and mark == seen else listed(normalised(name), rows)
        return ListedProject(normalised(name), stamp, mark, found.access.is_public, files)

    def metadata(self, actor: Actor, project: str, name: str, digest: str, filename: str) -> FoundMetadata:
        """Return the core metadata of a file. Raises Unauthorized, NotFound."""
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, written(name), Action.ARTIFACT_READ)
            content = None
            if is_sha256(digest):
                content = queries.metadata_of(reader, found.id, digest, filename)
        if content is None:
            raise NotFound(text("there are no metadata of this file"))
        return FoundMetadata(content, found.access.is_public)

    def require_project(self, actor: Actor, project: str, name: str) -> None:
        """Return if the caller may see a project. Raises Unauthorized, NotFound."""
        with asking() as reader:
            self._packages.enter(reader, actor, project, written(name), Action.ARTIFACT_READ)


def listed(name: str, rows: Sequence[Any]) -> list[ListedFile]:
    """Read the rows of a page, of which those count that installers understand; others may be there too."""
    return [
        ListedFile(
            filename, digest, size_bytes, uploaded_at, version, requires, metadata_digest,
            None if yanked_at is None else yanked_reason or "",
        )
        for (
            _, _, version, yanked_at, yanked_reason, filename, digest, uploaded_at, size_bytes, requires,
            metadata_digest,
        ) in rows
        if filename is not None and is_distribution(name, filename)
    ]  # fmt: skip


def written(name: str) -> str:
    """Return how our API writes the name of a project; one that cannot be is a name that nobody has."""
    return f"{Format.PYPI}:{name.replace('~', '/')}"


def absent(name: str) -> NotFound:
    """Refuse a project that is not there, to somebody who may know that."""
    return NotFound(text("project {name} does not exist", name=name))
