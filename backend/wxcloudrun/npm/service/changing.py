"""What is said of versions, and which of them go: npm sends the whole document of a package, changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from wxcloudrun.formats.npm_tarballs import version_of_tarball
from wxcloudrun.kit.db import Transaction, asking, atomically
from wxcloudrun.kit.errors import Conflict, Invalid
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.npm import queries
from wxcloudrun.npm.rules import LATEST, Spoken, highest, written
from wxcloudrun.npm.service.reading import absent, shown_versions
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.tags.service.tags import TagService
from wxcloudrun.versions.events import VERSION_CHANGED
from wxcloudrun.versions.service.names import locked
from wxcloudrun.versions.service.versions import VersionChange, VersionService, apply_change


@dataclass(frozen=True, slots=True)
class NpmUpdate:
    """The document of a package as somebody wants it.

    `deprecated` has every version that shall be there, with what is said against it, None for nothing.
    """

    revision: str | None  # of which the document is a change
    deprecated: Mapping[str, str | None]
    latest: str | None


class NpmChangeService:
    """Deprecates and removes versions."""

    def __init__(self, *, packages: PackageService, versions: VersionService, tags: TagService) -> None:
        self._packages = packages
        self._versions = versions
        self._tags = tags

    def admit(self, actor: Actor, project: str, name: str) -> None:
        """Return if somebody may remove versions; nothing of the body has been read yet.

        Raises Unauthorized, NotFound, Forbidden.
        """
        with asking() as reader:
            self._packages.enter(reader, actor, project, written(name), Action.VERSION_DELETE)

    def deprecate(self, actor: Actor, project: str, name: str, update: NpmUpdate) -> str:
        """Say of each version what the document says, and return the new revision.

        Versions that the document leaves out stay. Raises Unauthorized, NotFound, Forbidden, Invalid for a
        version that is not there, Conflict if the document is of another revision.
        """

        def work(tx: Transaction) -> str:
            found = self._held(tx, actor, project, name, Action.VERSION_CHANGE, update.revision)
            there = shown_versions(tx.session, found, name)
            self._say(tx, actor, found, there, update)
            return queries.revision_of(tx.session, found.id)

        return atomically(work)

    def replace(self, actor: Actor, project: str, name: str, update: NpmUpdate) -> str:
        """Remove the versions that the document leaves out, and return the new revision.

        More than one takes the right to delete the package. What is said of the others may change as well.
        Raises what `deprecate` raises.
        """

        def work(tx: Transaction) -> str:
            action = Action.VERSION_DELETE
            found = self._held(tx, actor, project, name, action, update.revision)
            there = shown_versions(tx.session, found, name)
            gone = [version for version in there if version not in update.deprecated]
            if len(gone) > 1:
                self._packages.enter(tx.session, actor, project, written(name), Action.PACKAGE_DELETE)
            kept = {version: said for version, said in there.items() if version not in gone}
            self._say(tx, actor, found, kept, update)
            self._remove(tx, actor, found, gone)
            self._keep_latest(tx, actor, found, kept, update.latest)
            return queries.revision_of(tx.session, found.id)

        return atomically(work)

    def remove_tarball(self, actor: Actor, project: str, name: str, filename: str, revision: str) -> str:
        """Remove the version of a tarball unless that is done, and return the revision.

        Clients remove the version first, and its tarball, which has gone with it, after that. Raises
        Unauthorized, NotFound, Forbidden, Conflict.
        """

        def work(tx: Transaction) -> str:
            found = self._packages.enter(tx.session, actor, project, written(name), Action.VERSION_DELETE)
            there = shown_versions(tx.session, found, name)
            version = version_of_tarball(name, filename)
            if version in there:
                self._held(tx, actor, project, name, Action.VERSION_DELETE, revision)
                self._remove(tx, actor, found, [version])
                kept = {each: said for each, said in there.items() if each != version}
                self._keep_latest(tx, actor, found, kept, None)
            return queries.revision_of(tx.session, found.id)

        return atomically(work)

    def delete(self, actor: Actor, project: str, name: str, revision: str) -> None:
        """Delete a package, or of one with a single version that version.

        Whoever unpublishes the only version there is has done no more than with any other: the package stays,
        empty, for the next one. Raises Unauthorized, NotFound, Forbidden, Conflict.
        """

        def work(tx: Transaction) -> None:
            found = self._held(tx, actor, project, name, Action.VERSION_DELETE, revision)
            there = shown_versions(tx.session, found, name)
            if not there:
                raise absent(name)
            if len(there) == 1:
                self._remove(tx, actor, found, list(there))
            else:
                self._packages.delete_in(tx, actor, project, written(name), force=True)

        atomically(work)

    def _held(
        self, tx: Transaction, actor: Actor, project: str, name: str, action: Action, revision: str | None
    ) -> FoundPackage:
        """Lock a package of that revision for a change; None is any. Raises Conflict for another one."""
        found = self._packages.enter(tx.session, actor, project, written(name), action)
        if package_reads.package(tx.session, found.id) is None:
            raise absent(name)
        if revision is not None and queries.locked_revision(tx.session, found.id) != revision:
            sentence = text(
                "{name} has changed since revision {revision}; read it again", name=name, revision=revision
            )
            raise Conflict(sentence)
        return found

    def _say(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        there: Mapping[str, Spoken],
        update: NpmUpdate,
    ) -> None:
        """Say against each version what the document says. Raises Invalid for one that is not there."""
        for version, said in update.deprecated.items():
            if version not in there:
                sentence = text(
                    "version {version} is not there; a new one comes with its tarball", version=version
                )
                raise Invalid.field("versions", sentence)
            if said == there[version].warning:  # of a yanked version that is no deprecation
                continue
            actor.require(Action.VERSION_CHANGE, found.access, what=text("package {name}", name=found.name))
            row = locked(tx.session, found, version)
            before, after = apply_change(tx.session, row, VersionChange(deprecated=said))
            if after:
                what = found.subject("version", version)
                announce(tx, actor, VERSION_CHANGED, what, before=before, after=after)

    def _remove(self, tx: Transaction, actor: Actor, found: FoundPackage, versions: list[str]) -> None:
        for version in versions:
            self._versions.remove(tx, actor, found, locked(tx.session, found, version))
        tx.session.flush()

    def _keep_latest(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        kept: Mapping[str, Spoken],
        wanted: str | None,
    ) -> None:
        """Let `latest` mean something: what the document says, else the highest version that is left."""
        if LATEST in queries.dist_tags(tx.session, found.id):
            return
        version = wanted if wanted in kept else highest(kept)
        if version is not None:
            self._tags.point_at_version(tx, actor, found, LATEST, version)
