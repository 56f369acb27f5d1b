"""The SELECT behind the search: packages, each with the tag, the version or the bytes asked for."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, null, select, union
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.queries import reference_tables
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Project
from wxcloudrun.projects.queries import visible_to
from wxcloudrun.tags.models import Tag
from wxcloudrun.versions.models import Version

AFTER_ASCII = "\x7f"  # sorts behind every character that a name can have


@dataclass(frozen=True, slots=True)
class Filters:
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


def page_of_hits(session: Session, actor: Actor, filters: Filters, page: PageRequest[int]) -> Page[Hit]:
    """Return what the caller may see, oldest package first."""
    statement = with_references(filters).where(visible_to(actor)).order_by(Package.id).limit(page.limit + 1)
    if page.after is not None:
        statement = statement.where(Package.id > page.after)
    if filters.project is not None:
        statement = statement.where(Project.name == filters.project)
    if filters.name_prefix:
        prefix = filters.name_prefix
        statement = statement.where(Package.name >= prefix, Package.name < prefix + AFTER_ASCII)
    hits = [Hit(**row._asdict()) for row in session.execute(statement)]
    return Page.cut(hits, page.limit, lambda hit: hit.id)


def with_references(filters: Filters) -> Select[*tuple[Any, ...]]:
    """Select packages, joined to the tag and the version that they must have."""
    tag, version = filters.tag is not None, filters.version is not None
    targets = [column for asked, column in ((version, Version.artifact_id), (tag, Tag.artifact_id)) if asked]
    statement = select(
        Package.id,
        Project.name.label("project"),
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
        )
    if filters.sha256 is None:
        return statement
    if targets:
        return statement.where(*(column == filters.sha256 for column in targets))
    # Joined and not asked for each package: there may be a million of those, and of holders a few.
    held = union(
        *(
            select(table.c.package_id).where(table.c.artifact_id == filters.sha256)
            for table in reference_tables()
        )
    ).subquery()
    return statement.join(held, held.c.package_id == Package.id)
