"""Use cases on versions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypedDict

from sqlalchemy.orm import Session

from wxcloudrun.artifacts.reads import Provenance
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, asking, atomically, insert_at_once, reading
from wxcloudrun.kit.errors import Conflict, VersionTaken
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.remarks import Remark
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.versions import queries
from wxcloudrun.versions.errors import VersionSealed
from wxcloudrun.versions.events import FILE_ADDED, VERSION_CHANGED, VERSION_DELETED, VERSION_MADE
from wxcloudrun.versions.models import NameSource, Status, Version, VersionFile, VersionNotes
from wxcloudrun.versions.queries import VersionView
from wxcloudrun.versions.queries.files import digest_of, first_files
from wxcloudrun.versions.queries.retired import retire, retired
from wxcloudrun.versions.rules.names import is_version
from wxcloudrun.versions.rules.schemes import GENERAL
from wxcloudrun.versions.service.facts import KeptFacts, keep_facts
from wxcloudrun.versions.service.names import (
    absent,
    is_held,
    is_held_for_ever,
    locked,
    refuse_new_file,
    refuse_other_spelling,
    refuse_retired,
)
from wxcloudrun.versions.service.showing import shown_version

MAX_TAGS_NAMED = 10  # a header has to fit through every proxy
MAX_FILES_NAMED = 10  # an entry of the audit log has to fit its column


class TagsOfVersions(Protocol):
    """What versions need of tags, which live above them."""

    def names_at(self, session: Session, package_id: int, digest: str, limit: int) -> Sequence[str]:
        """Return which tags of a package point at some bytes, so many at most."""

    def delete_tags_of(
        self, tx: Transaction, actor: Actor, found: FoundPackage, row: Version
    ) -> Sequence[str]:
        """Delete the tags that point at a locked version, and return their names."""


@dataclass(frozen=True, slots=True)
class NamedVersion:
    """A version name that somebody or something proposes for some bytes, and the scheme that it follows.

    `facts` are what is kept of a new file, where something is.
    """

    version: str
    source: NameSource
    scheme: str | None = GENERAL
    facts: KeptFacts | None = None


class VersionChange(TypedDict, total=False):
    """What shall be said of a version: None takes it back, and what is not there stays as it is."""

    yanked: str | None
    deprecated: str | None
    notes: str | None
    properties: Mapping[str, str] | None


class VersionService:
    """Gives names to artifacts for ever, shows and deletes them."""

    def __init__(self, *, packages: PackageService, tags: TagsOfVersions) -> None:
        self._packages = packages
        self._tags = tags

    def record(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        named: NamedVersion,
        digest: str,
        provenance: Provenance,
    ) -> None:
        """Make `named` mean these bytes, or have them as one of its files, now and for ever.

        What it means already stays as it is; a version that waits for its bytes is filled. Raises
        VersionTaken, which names both digests, if the name means or once meant other bytes, and
        VersionSealed for a file that it never had.
        """
        filename = provenance.original_name
        row = queries.version(tx.session, found.id, named.version)
        if row is not None and is_held_for_ever(tx.session, found, row, filename, digest):
            return
        once = retired(tx.session, found.id, named.version, filename)
        if row is not None:
            refuse_new_file(found, row, once, digest)
        for each in once:
            refuse_retired(found, named.version, filename, each, digest)
        refuse_other_spelling(tx.session, found, named.version, filename, digest)
        is_new = row is None
        if row is None:
            row = Version(
                package_id=found.id,
                version=named.version,
                status=Status.CREATED.value,
                version_source=named.source.value,
                scheme=named.scheme,
                created_at=provenance.deposited_at,
                created_by=provenance.deposited_by,
            )
            tx.session.add(row)
        row.count_file(provenance.deposited_at)
        tx.session.flush()
        file = VersionFile.of(row, filename, digest, provenance)
        insert_at_once(tx, file)
        if named.facts is not None:
            keep_facts(tx, found.id, file.id, named.facts)
        what = found.subject("version", named.version)
        if is_new:
            announce(tx, actor, VERSION_MADE, what, after={"source": named.source.value})
        announce(tx, actor, FILE_ADDED, what, after={"filename": filename, "artifact_id": digest})

    def await_bytes(
        self, tx: Transaction, actor: Actor, found: FoundPackage, version: str, source: str | None
    ) -> Version:
        """Make a version that has no bytes yet; they come from its source or, without one, by an upload."""
        row = Version(
            package_id=found.id,
            version=version,
            status=Status.CREATED.value,
            version_source=NameSource.EXPLICIT.value,
            source=source,
            created_at=clock.now(),
            created_by=actor.user_id,
        )
        tx.session.add(row)
        tx.session.flush()
        return row

    def has(
        self, session: Session, found: FoundPackage, version: str, filename: str, digest: str | None
    ) -> bool:
        """Tell whether a version has this file already, and changes and locks nothing.

        Raises what `record` would raise, as far as it can be known: without a digest only VersionSealed, for
        the bytes may be those that the name has or had.
        """
        row = queries.version_now(session, found.id, version)
        try:
            if row is not None and is_held(session, found.layout, row, filename, digest or ""):
                return True
            once = retired(session, found.id, version, filename)
            if row is not None:
                refuse_new_file(found, row, once, digest)
            for each in once:
                refuse_retired(found, version, filename, each, digest or "")
        except VersionTaken as taken:
            if digest is not None or isinstance(taken, VersionSealed):
                raise
        return False

    def page(self, actor: Actor, project: str, package: str, page: PageRequest[int]) -> Page[VersionView]:
        """List the versions of a package, newest first. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            return queries.page_of_versions(session, found.id, page)

    def get(self, actor: Actor, project: str, package: str, version: str) -> VersionView:
        """Show one version. Raises NotFound."""
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, package, Action.ARTIFACT_READ)
            view = shown_version(reader, found, version) if is_version(version) else None
        if view is None:
            raise absent(version)
        return view

    def change(
        self, actor: Actor, project: str, package: str, version: str, change: VersionChange
    ) -> tuple[VersionView, Sequence[Remark]]:
        """Say something of a version, or take it back, and return how it stands now.

        Warns if it is activated, which yanking does not change. Raises NotFound, Forbidden.
        """

        def work(tx: Transaction) -> tuple[VersionView, Sequence[Remark]]:
            found = self._packages.enter(tx.session, actor, project, package, Action.VERSION_CHANGE)
            row = locked(tx.session, found, version)
            before, after = apply_change(tx.session, row, change)
            if after:
                announce(
                    tx, actor, VERSION_CHANGED, found.subject("version", version), before=before, after=after
                )
            tx.session.flush()
            view = shown_version(tx.session, found, version)
            if view is None:
                raise absent(version)
            return view, still_activated(row)

        return atomically(work)

    def delete(self, actor: Actor, project: str, package: str, version: str) -> list[Remark]:
        """Delete a version; its name accepts only its old bytes afterwards.

        The tags that point at it go along. Returns a warning of those, and of tags that still point at its
        bytes. Raises NotFound, Forbidden, or Conflict while it is activated.
        """

        def work(tx: Transaction) -> list[Remark]:
            found = self._packages.enter(tx.session, actor, project, package, Action.VERSION_DELETE)
            return self.remove(tx, actor, found, locked(tx.session, found, version))

        return atomically(work)

    def remove(self, tx: Transaction, actor: Actor, found: FoundPackage, row: Version) -> list[Remark]:
        """Delete a locked row with the tags that point at it, and retire its name.

        Returns a warning of those, and of tags that still point at its bytes. Raises Conflict while it is
        activated.
        """
        if row.status == Status.ACTIVATED.value:
            raise Conflict(text("this version is activated; deactivate it first"), status=row.status)
        retire(tx.session, [row.id])
        digest = digest_of(tx.session, row)
        before = {"artifact_id": digest, **held_by(tx.session, row)}
        announce(tx, actor, VERSION_DELETED, found.subject("version", row.version), before=before)
        gone = self._tags.delete_tags_of(tx, actor, found, row)
        kept = self._tags.names_at(tx.session, found.id, digest or "", MAX_TAGS_NAMED + 1)
        tx.session.delete(row)
        return [*tags_deleted(row.version, gone), *tags_kept(row.version, digest, kept)]


def held_by(session: Session, row: Version) -> dict[str, Any]:
    """Return what the audit log says of the files that go with a version: how many, and the first of them."""
    files = first_files(session, row, MAX_FILES_NAMED)
    return {"files_count": row.files_count, "files": [asdict(each) for each in files]}


def apply_change(
    session: Session, row: Version, change: VersionChange
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write a change into a locked version. Returns what it has changed: as it was, and as it is."""
    kept = queries.notes(session, row.id) or VersionNotes(version_id=row.id)
    before = state_of(row, kept)
    if "yanked" in change:
        row.yank(change["yanked"], clock.now())
    if "deprecated" in change:
        row.deprecated = change["deprecated"]
    if "notes" in change:
        kept.notes = (change["notes"] or "").encode() or None
    if "properties" in change:
        kept.properties = json.dumps(change["properties"]).encode() if change["properties"] else None
    after = state_of(row, kept)
    changed = [name for name in after if before[name] != after[name]]
    if {"notes", "properties"} & set(changed):
        session.add(kept)
    return differing({name: before[name] for name in changed}, {name: after[name] for name in changed})


def differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave out the properties that are the same on both sides."""
    if "properties" in after:
        old, new = before["properties"], after["properties"]
        before["properties"] = {name: value for name, value in old.items() if new.get(name) != value}
        after["properties"] = {name: value for name, value in new.items() if old.get(name) != value}
    return before, after


def state_of(row: Version, kept: VersionNotes) -> dict[str, Any]:
    """Return what is said of a version."""
    return {
        "yanked": row.yanked_reason,
        "deprecated": row.deprecated,
        "notes": None if kept.notes is None else kept.notes.decode(),
        "properties": json.loads(kept.properties or b"{}"),
    }


def still_activated(row: Version) -> Sequence[Remark]:
    """Warn of a version that nobody shall choose any more and that is in use all the same."""
    if row.yanked_at is None or row.status != Status.ACTIVATED.value:
        return []
    sentence = text(
        "version {version} is activated and stays so; activate another one, or deactivate it",
        version=row.version,
    )
    return [Remark("yanked_version_activated", sentence, {"version": row.version})]


def tags_deleted(version: str, tags: Sequence[str]) -> list[Remark]:
    """Warn of the tags that went with a version."""
    if not tags:
        return []
    if len(tags) == 1:
        sentence = text("tag {tag} pointed at version {version} and is deleted", tag=tags[0], version=version)
    else:
        sentence = text(
            "several tags pointed at version {version} and are deleted, among them {tag}",
            tag=tags[0],
            version=version,
        )
    facts = {"version": version, "tags": list(tags[:MAX_TAGS_NAMED])}
    return [Remark("tags_deleted", sentence, {**facts, "more": len(tags) > MAX_TAGS_NAMED})]


def tags_kept(version: str, digest: str | None, tags: Sequence[str]) -> list[Remark]:
    """Warn of the tags that lead to the bytes of a deleted version as before."""
    if not tags:
        return []
    if len(tags) == 1:
        sentence = text(
            "tag {tag} still points at the bytes of version {version}; delete it or move it if they shall go",
            tag=tags[0],
            version=version,
        )
    else:
        sentence = text(
            "several tags still point at the bytes of version {version}, among them {tag}; "
            "delete them or move them if they shall go",
            tag=tags[0],
            version=version,
        )
    facts = {"version": version, "artifact_id": digest, "tags": list(tags[:MAX_TAGS_NAMED])}
    return [Remark("tags_kept", sentence, {**facts, "more": len(tags) > MAX_TAGS_NAMED})]
