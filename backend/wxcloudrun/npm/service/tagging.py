"""Dist-tags: the tags of a package, which npm lets point at versions."""

from collections.abc import Mapping
from dataclasses import dataclass

from wxcloudrun.kit.db import asking
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.npm import queries
from wxcloudrun.npm.rules import LATEST, with_latest, written
from wxcloudrun.npm.service.reading import shown_versions
from wxcloudrun.packages.service import PackageService


@dataclass(frozen=True, slots=True)
class DistTags:
    """The tags of a package."""

    versions: Mapping[str, str]
    is_public: bool


class DistTagService:
    """Shows and moves dist-tags."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def list(self, actor: Actor, project: str, name: str) -> DistTags:
        """Return the tags of a package. Raises Unauthorized, NotFound."""
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, written(name), Action.ARTIFACT_READ)
            tags = queries.dist_tags(reader, found.id)
            if LATEST not in tags:
                tags = with_latest(tags, shown_versions(reader, found, name))
            return DistTags(tags, found.access.is_public)
