"""Dist-tags: the tags of a package, which npm lets point at versions."""

from collections.abc import Mapping
from dataclasses import dataclass

from wxcloudrun.kit.db import asking, reading
from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.npm import queries
from wxcloudrun.npm.rules import LATEST, with_latest, written
from wxcloudrun.npm.service.reading import shown_versions
from wxcloudrun.packages.service import PackageService
from wxcloudrun.tags.service.pointing import Condition, TagTarget
from wxcloudrun.tags.service.tags import TagService


@dataclass(frozen=True, slots=True)
class DistTags:
    """The tags of a package."""

    versions: Mapping[str, str]
    is_public: bool


class DistTagService:
    """Shows and moves dist-tags."""

    def __init__(self, *, packages: PackageService, tags: TagService) -> None:
        self._packages = packages
        self._tags = tags

    def list(self, actor: Actor, project: str, name: str) -> DistTags:
        """Return the tags of a package. Raises Unauthorized, NotFound."""
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, written(name), Action.ARTIFACT_READ)
            tags = queries.dist_tags(reader, found.id)
            if LATEST not in tags:
                tags = with_latest(tags, shown_versions(reader, found, name))
            return DistTags(tags, found.access.is_public)

    def point(self, actor: Actor, project: str, name: str, tag: str, version: str) -> str:
        """Point a tag at a version, and return the revision of the package.

        Raises Unauthorized, NotFound, Forbidden, QuotaReached.
        """
        self._tags.put(actor, project, written(name), tag, TagTarget(version=version), Condition())
        return self._revision(actor, project, name, Action.TAG_WRITE)

    def remove(self, actor: Actor, project: str, name: str, tag: str) -> str:
        """Remove a tag, and return the revision of the package.

        Raises Unauthorized, NotFound, Forbidden, or Malformed for `latest`, by which installers go.
        """
        if tag == LATEST:
            with asking() as reader:
                self._packages.enter(reader, actor, project, written(name), Action.TAG_DELETE)
            raise Malformed(text("latest cannot be removed; point it at another version"))
        self._tags.delete(actor, project, written(name), tag, Condition())
        return self._revision(actor, project, name, Action.TAG_DELETE)

    def _revision(self, actor: Actor, project: str, name: str, action: Action) -> str:
        """Return the revision to a caller who has done that, and may not even be allowed to read."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, written(name), action)
            return queries.revision_of(session, found.id)
