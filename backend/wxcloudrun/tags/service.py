"""Use cases on tags."""

from dataclasses import dataclass

from wxcloudrun.artifacts import queries as artifact_queries
from wxcloudrun.artifacts.models import Provenance
from wxcloudrun.audit.service.record import record
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import NotFound, PreconditionFailed
from wxcloudrun.kit.names import is_tag
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.packages.service import FoundPackage, PackageService
from wxcloudrun.tags import queries
from wxcloudrun.tags.models import Tag, TagMove
from wxcloudrun.tags.queries import TagMoveView, TagView
from wxcloudrun.versions import queries as version_queries
from wxcloudrun.versions.rules import version_problem


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for a change: the tag points at one of these, or does not exist yet."""

    artifact_ids: frozenset[str] | None = None
    must_be_absent: bool = False
    must_exist: bool = False

    def check(self, current: str | None) -> None:
        """Raise PreconditionFailed, which shows the current target."""
        held = not (
            (self.must_be_absent and current is not None)
            or (self.must_exist and current is None)
            or (self.artifact_ids is not None and current not in self.artifact_ids)
        )
        if not held:
            raise PreconditionFailed("the tag does not point where you expected", current=current)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a tag shall point: an artifact or a version of the package."""

    artifact_id: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """The bytes that a tag is pointed at, the deposit they came with, and who points."""

    digest: str
    provenance: Provenance
    actor: Actor


@dataclass(frozen=True, slots=True)
class Moved:
    """A tag after a change, and where it pointed before."""

    tag: TagView
    previous: str | None


class TagService:
    """Points tags at artifacts, one compare-and-swap at a time."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def point(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        name: str,
        digest: str,
        provenance: Provenance,
    ) -> str | None:
        """Make the tag point at these bytes and return where it pointed before, None if it is new.

        A tag that points there already is not touched: a retry leaves no trace in the history.
        """
        return self._point(tx, found, name, Aim(digest, provenance, actor), Condition())

    def put(
        self, actor: Actor, project: str, package: str, name: str, target: Target, condition: Condition
    ) -> Moved:
        """Point a tag at something that the package holds, if `condition` holds.

        Raises NotFound, Forbidden, PreconditionFailed.
        """

        def work(tx: Transaction) -> Moved:
            found = self._packages.enter(tx.session, actor, project, package, Action.TAG_WRITE)
            aim = self._aim(tx, actor, found, target)
            previous = self._point(tx, found, name, aim, condition)
            view = queries.view(tx.session, found.id, name)
            if view is None:
                raise NotFound(f"tag {name} does not exist")
            return Moved(view, previous)

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
            raise NotFound(f"tag {name} does not exist")
        return view

    def history(
        self, actor: Actor, project: str, package: str, name: str, page: PageRequest[int]
    ) -> Page[TagMoveView]:
        """List the moves of a tag, newest first, also of a deleted one. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            moves = queries.page_of_moves(session, found.id, name, page) if is_tag(name) else None
        if moves is None or (not moves.items and page.after is None):
            raise NotFound(f"tag {name} does not exist")
        return moves

    def delete(self, actor: Actor, project: str, package: str, name: str, condition: Condition) -> None:
        """Delete a tag, if `condition` holds. Raises NotFound, Forbidden, PreconditionFailed."""

        def work(tx: Transaction) -> None:
            found = self._packages.enter(tx.session, actor, project, package, Action.TAG_DELETE)
            row = queries.tag(tx.session, found.id, name) if is_tag(name) else None
            if row is None:
                raise NotFound(f"tag {name} does not exist")
            condition.check(row.artifact_id)
            tx.session.delete(row)
            tx.session.add(self._move(row, artifact_id=None, previous=row.artifact_id, by=actor.user_id))
            before = {"artifact_id": row.artifact_id}
            record(tx, actor, "tag.deleted", f"{found.path}/tag/{name}", before=before)

        atomically(work)

    def _aim(self, tx: Transaction, actor: Actor, found: FoundPackage, target: Target) -> Aim:
        """Return the bytes behind a target of this package, and the deposit that they came with."""
        digest = target.artifact_id
        if target.version is not None and not version_problem(target.version):
            version = version_queries.version(tx.session, found.id, target.version)
            digest = version.artifact_id if version else None
        if digest is None:
            raise no_such_target()
        provenance = artifact_queries.provenance_in(tx.session, found.id, digest)
        if provenance is None:
            raise no_such_target()
        return Aim(digest, provenance, actor)

    def _point(
        self, tx: Transaction, found: FoundPackage, name: str, aim: Aim, condition: Condition
    ) -> str | None:
        row = queries.tag(tx.session, found.id, name)
        previous = row.artifact_id if row else None
        condition.check(previous)
        if row is not None and previous == aim.digest:
            return previous
        if row is None:
            row = Tag(package_id=found.id, name=name)
            tx.session.add(row)
        row.refer(aim.digest, aim.provenance)
        move = self._move(row, artifact_id=aim.digest, previous=previous, by=aim.actor.user_id)
        row.updated_at, row.updated_by = move.moved_at, move.moved_by
        tx.session.flush()
        tx.session.add(move)
        before = None if previous is None else {"artifact_id": previous}
        after = {"artifact_id": aim.digest}
        record(tx, aim.actor, "tag.moved", f"{found.path}/tag/{name}", before=before, after=after)
        return previous

    def _move(self, tag: Tag, *, artifact_id: str | None, previous: str | None, by: int | None) -> TagMove:
        return TagMove(
            package_id=tag.package_id,
            name=tag.name,
            artifact_id=artifact_id,
            previous=previous,
            moved_at=clock.now(),
            moved_by=by,
        )


def no_such_target() -> NotFound:
    """Refuse a target that this package does not hold, whether another one does or not.

    Its readers would else learn names, people and times of a deposit that they may not see.
    """
    return NotFound("this package holds no such artifact or version; deposit it here first")
