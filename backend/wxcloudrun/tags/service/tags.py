"""Use cases on tags."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from wxcloudrun.artifacts import reads as artifact_reads
from wxcloudrun.kit import quotas
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Invalid, NotFound, QuotaReached
from wxcloudrun.kit.names import is_tag
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor, Scope
from wxcloudrun.kit.texts import text
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.packages.reads import FoundPackage, Layout
from wxcloudrun.packages.service import PackageService
from wxcloudrun.tags import queries
from wxcloudrun.tags.queries import TagMoveView, TagView
from wxcloudrun.tags.service.pointing import Aim, Condition, HeldTag, ReceivedBytes, TagTarget
from wxcloudrun.versions import reads as version_reads
from wxcloudrun.versions.reads import Version, digest_of
from wxcloudrun.versions.rules.names import is_version


class References(Protocol):
    """What tags need to know about references, which live above them."""

    def tag_target(self, actor: Actor, project: str, package: str, written: str, action: Action) -> TagTarget:
        """Return the bytes that a reference means now, and the version, if it means one.

        The caller may do `action` there. Of a version with several files the bytes are those of one.
        """


@dataclass(frozen=True, slots=True)
class Moved:
    """A tag after a change, and where it pointed before."""

    tag: TagView
    previous: TagTarget


class TagService:
    """Points tags at artifacts or versions, one compare-and-swap at a time."""

    def __init__(self, *, packages: PackageService, references: References, most_per_package: int) -> None:
        self._packages = packages
        self._references = references
        self._most_per_package = most_per_package

    def point(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        name: str,
        uploaded: ReceivedBytes,
        version: str | None,
    ) -> None:
        """Make the tag point at these bytes, or where tags do not do that at `version`, which has them.

        Raises Invalid if there is no version then, QuotaReached for a new tag too many.
        """
        layout = package_reads.layout_now(tx.session, found.id)  # before the commit nobody changes it
        aim = Aim(uploaded)
        if layout is Layout.FILES:
            aim = Aim(version=version_row(tx.session, found, version))
            if aim.version is None:
                raise Invalid.field("tag", text("a tag of this package points at a version; name it too"))
        self._point(held(tx, actor, found, name), aim)

    def point_at_version(
        self, tx: Transaction, actor: Actor, found: FoundPackage, name: str, version: str
    ) -> None:
        """Make the tag of a package with several files in a version point at a version that it has.

        Raises NotFound, Forbidden if the credential may only upload and others get other bytes by the name
        then, QuotaReached for a new tag too many.
        """
        aim = aim_at(tx.session, found, Layout.FILES, TagTarget(version=version), "version")
        self._point(held(tx, actor, found, name), aim)

    def is_there(
        self,
        session: Session,
        actor: Actor,
        found: FoundPackage,
        name: str,
        *,
        digest: str | None,
        version: str | None,
    ) -> bool:
        """Tell whether a tag points already where an upload would point it; None is not known yet.

        Raises Forbidden if it certainly points elsewhere and the credential may only upload.
        """
        tag = queries.view(session, found.id, name)
        if tag is None:
            return False
        aim, target = (version, tag.version) if found.layout is Layout.FILES else (digest, tag.artifact_id)
        if aim is not None and aim != target:
            actor.require_scope(Scope.RELEASE)
        return aim is not None and aim == target

    def put(
        self,
        actor: Actor,
        project: str,
        package: str,
        name: str,
        target: TagTarget | str,
        condition: Condition,
    ) -> Moved:
        """Point a tag at something that the package holds, if `condition` holds.

        A reference, given as a text, means what it means at this moment. Raises NotFound, Forbidden,
        PreconditionFailed, Malformed, QuotaReached for a new tag too many, or Invalid for bytes where tags
        point at versions.
        """
        field = "artifact_id"
        if isinstance(target, str):
            field = "ref"
            target = self._references.tag_target(actor, project, package, target, Action.TAG_WRITE)

        def work(tx: Transaction) -> Moved:
            found = self._packages.enter(tx.session, actor, project, package, Action.TAG_WRITE)
            layout = package_reads.layout_now(tx.session, found.id)
            aim = aim_at(tx.session, found, layout, target, field)
            tag = held(tx, actor, found, name)
            condition.check(tag.target, layout)
            self._point(tag, aim)
            view = queries.view(tx.session, found.id, name)
            if view is None:
                raise absent(name)
            return Moved(view, tag.target)

        return atomically(work)

    def page(self, actor: Actor, project: str, package: str, page: PageRequest[str]) -> Page[TagView]:
        """List the tags of a package. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            return queries.page_of_tags(session, found.id, page)

    def get(self, actor: Actor, project: str, package: str, name: str) -> TagView:
        """Show one tag. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            view = queries.view(session, found.id, name) if is_tag(name) else None
        if view is None:
            raise absent(name)
        return view

    def history(
        self, actor: Actor, project: str, package: str, name: str, page: PageRequest[int]
    ) -> Page[TagMoveView]:
        """List the moves of a tag, newest first, also of a deleted one. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            moves = queries.page_of_moves(session, found.id, name, page) if is_tag(name) else None
        if moves is None or (not moves.items and page.after is None):
            raise absent(name)
        return moves

    def delete(self, actor: Actor, project: str, package: str, name: str, condition: Condition) -> None:
        """Delete a tag, if `condition` holds. Raises NotFound, Forbidden, PreconditionFailed, Malformed."""

        def work(tx: Transaction) -> None:
            found = self._packages.enter(tx.session, actor, project, package, Action.TAG_DELETE)
            layout = package_reads.layout_now(tx.session, found.id)
            tag = held(tx, actor, found, name) if is_tag(name) else None
            if tag is None or tag.row is None:
                raise absent(name)
            condition.check(tag.target, layout)
            tag.delete()

        atomically(work)

    def _point(self, tag: HeldTag, aim: Aim) -> None:
        """Point it there, if it is there or the package may have one more."""
        limit = self._most_per_package
        if tag.row is None and quotas.is_reached(tag.tx.session, queries.in_package(tag.found.id), limit):
            sentence = text("this package has {limit} tags, which is as many as it may have", limit=limit)
            raise QuotaReached(sentence, limit=limit, of="tags")
        tag.point(aim)


def held(tx: Transaction, actor: Actor, found: FoundPackage, name: str) -> HeldTag:
    """Lock a tag for a change; one that is not there can be made."""
    return HeldTag(tx, actor, found, name, queries.tag(tx.session, found.id, name))


def aim_at(session: Session, found: FoundPackage, layout: Layout, target: TagTarget, field: str) -> Aim:
    """Return what a target means as the aim of a tag; `field` has said it. Raises NotFound, Invalid."""
    row = version_row(session, found, target.version)
    if layout is Layout.FILES:
        if target.version is None:
            sentence = text("tags of this package point at versions, and these are bytes; name a version")
            raise Invalid.field(field, sentence)
        if row is None or not row.files_count:
            raise no_such_target()
        return Aim(version=row)
    digest = target.artifact_id or (digest_of(session, row) if row else None)
    provenance = artifact_reads.provenance_in(session, found.id, digest) if digest else None
    if digest is None or provenance is None:
        raise no_such_target()
    return Aim(ReceivedBytes(digest, provenance))


def version_row(session: Session, found: FoundPackage, version: str | None) -> Version | None:
    """Lock a version of a package."""
    if version is None or not is_version(version):
        return None
    return version_reads.version(session, found.id, version)


def absent(name: str) -> NotFound:
    """Refuse a tag that is not there, to somebody who may know that."""
    return NotFound(text("tag {name} does not exist", name=name))


def no_such_target() -> NotFound:
    """Refuse a target that this package does not hold, whether another one does or not.

    Its readers would else learn names, people and times of an upload that they may not see.
    """
    return NotFound(
        text(
            "this package holds no such artifact or version; upload it here first,"
            " or give a tag, a range or latest as ref"
        )
    )
