"""Finding packages of npm's format in a project."""

from collections.abc import Sequence
from dataclasses import dataclass

from wxcloudrun.kit.db import reading
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.npm_lookup import queries
from wxcloudrun.npm_lookup.queries import FoundNpmPackage
from wxcloudrun.npm_lookup.rules import WantedPackages
from wxcloudrun.packages.service import PackageService

__all__ = ["FoundNpmPackage", "FoundPackages", "NpmSearchService"]


@dataclass(frozen=True, slots=True)
class FoundPackages:
    """Some of what was found, and how much that is in all."""

    some: Sequence[FoundNpmPackage]
    total: int
    is_public: bool


class NpmSearchService:
    """Finds packages by words in their names and descriptions."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def search(
        self, actor: Actor, project: str, wanted: WantedPackages, *, size: int, begin: int
    ) -> FoundPackages:
        """Return what the caller may read in a project. Raises Unauthorized, NotFound."""
        with reading() as session:
            access = self._packages.admit_to_project(session, actor, project, Action.ARTIFACT_READ)
            some, total = queries.matching_packages(session, access.project_id, wanted, size, begin)
        return FoundPackages(some, total, access.is_public)
