"""The SELECT behind the search: packages, each with the tag, the version or the bytes asked for."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, null, or_, select, union
from sqlalchemy.orm import Session, aliased

from wxcloudrun.artifacts.reads import reference_tables
from wxcloudrun.kit.package_names import written_name
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor
from wxcloudrun.packages.reads import Package
from wxcloudrun.projects.reads import Project, visible_to
from wxcloudrun.tags.reads import Tag, only_file
from wxcloudrun.versions.reads import Version, VersionFile, is_only_file

AFTER_ASCII = "\x7f"  # sorts behind every character that a name can have


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What a hit must satisfy, all of it; None is no condition."""

    name_prefix: str | None = None
    project: str | None = None
    tag: str | None = None
    version: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A package that satisfies the filters, and the bytes behind the tag or version asked for."""

    id: int
    project: str
    package: str
    description: str
    tag: str | None
    version: str | None
    artifact_id: str | None


def page_of_hits(session: Session, actor: Actor, filters: SearchFilters, page: PageRequest[int]) -> Page[Hit]:
    """Return what the caller may see, oldest package first."""
    statement = with_references(filters).where(visible_to(actor)).order_by(Package.id).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(Package.id > page.after)
    if filters.project is not None:
        statement = statement.where(Project.name == filters.project)
    if filters.name_prefix:
        statement = statement.where(begins_with(filters.name_prefix))
    hits = [hit_in(row) for row in session.execute(statement)]
    return Page.cut(hits, page.limit, lambda hit: hit.id)


def begins_with(prefix: str) -> ColumnElement[bool]:
    """Return the condition for names that begin so: of one format behind its colon, else of any."""
    format_, colon, name = prefix.rpartition(":")
    name = name.replace("~", "/")
    begins = and_(Package.name >= name, Package.name < name + AFTER_ASCII)
    return and_(Package.format == format_, begins) if colon else begins


def hit_in(row: Any) -> Hit:
    """Read a hit out of a row."""
    found = row._asdict()
    found["package"] = written_name(found.pop("format"), row.package)
    return Hit(**found)


def with_references(filters: SearchFilters) -> Select[*tuple[Any, ...]]:
    """Select packages, joined to the tag and the version that they must have."""
    tag, version = filters.tag is not None, filters.version is not None
    each = ((version, VersionFile.artifact_id), (tag, Tag.artifact_id), (tag, only_file()))
    targets = [column for asked, column in each if asked]
    statement = select(
        Package.id,
        Project.name.label("project"),
        Package.format,
        Package.name.label("package"),
        Package.description,
        (Tag.name if tag else null()).label("tag"),
        (Version.version if version else null()).label("version"),
        (func.coalesce(*targets, null()) if targets else null()).label("artifact_id"),
    ).join_from(Package, Project, Project.id == Package.project_id)
    if tag:
        statement = statement.join(Tag, (Tag.package_id == Package.id) & (Tag.name == filters.tag))
    if version:
        statement = statement.join(
            Version, (Version.package_id == Package.id) & (Version.version == filters.version)
        ).outerjoin(VersionFile, is_only_file())
    if filters.sha256 is None:
        return statement
    held = aliased(VersionFile)
    if tag:
        holds = exists().where(held.version_id == Tag.version_id, held.artifact_id == filters.sha256)
        statement = statement.where(or_(Tag.artifact_id == filters.sha256, holds))
    if version:
        is_file = (held.version_id == Version.id, held.artifact_id == filters.sha256)
        statement = statement.where(exists().where(*is_file))
    if targets:
        return statement
    # Joined and not asked for each package: there may be a million of those, and of holders a few.
    holding = union(
        *(
            select(table.c.package_id).where(table.c.artifact_id == filters.sha256)
            for table in reference_tables()
        )
    ).subquery()
    return statement.join(holding, holding.c.package_id == Package.id)
