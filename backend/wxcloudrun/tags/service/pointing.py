"""Where tags point and under which condition they move; what each move leaves in history and audit log."""

from dataclasses import dataclass, field

from wxcloudrun.artifacts.reads import Provenance
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.errors import Malformed, PreconditionFailed
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.names import is_sha256
from wxcloudrun.kit.security import Actor, Scope
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage, Layout
from wxcloudrun.tags import queries
from wxcloudrun.tags.events import TAG_DELETED, TAG_MOVED
from wxcloudrun.tags.models import Tag, TagMove
from wxcloudrun.versions.reads import Version


@dataclass(frozen=True, slots=True)
class TagTarget:
    """Where a tag points: at bytes, at a version, or nowhere because it is not there."""

    artifact_id: str | None = None
    version: str | None = None

    @property
    def name(self) -> str | None:
        """How a condition calls it, None for nowhere."""
        return self.artifact_id if self.version is None else self.version

    def recorded(self) -> dict[str, str] | None:
        """Return what the audit log says of it."""
        if self.version is not None:
            return {"version": self.version}
        return None if self.artifact_id is None else {"artifact_id": self.artifact_id}


NOWHERE = TagTarget()


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold for a change: the tag points at one of `targets`, or does not exist yet.

    Targets are artifact ids, or names of versions where those are what tags point at.
    """

    targets: frozenset[str] | None = None
    must_be_absent: bool = False
    must_exist: bool = False

    def check(self, current: TagTarget, layout: Layout) -> None:
        """Raise PreconditionFailed, which shows the current target, or Malformed for what is no target."""
        if layout is Layout.SINGLE and not all(is_sha256(each) for each in self.targets or ()):
            raise Malformed(text('If-Match takes quoted artifact ids: If-Match: "<64 hex digits>"'))
        held = not (
            (self.must_be_absent and current != NOWHERE)
            or (self.must_exist and current == NOWHERE)
            or (self.targets is not None and current.name not in self.targets)
        )
        if not held:
            message = text("the tag does not point where you expected")
            raise PreconditionFailed(message, current=current.name)


@dataclass(frozen=True, slots=True)
class ReceivedBytes:
    """Bytes, and how they came into the package."""

    artifact_id: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Aim:
    """What a tag is pointed at: bytes, or else a locked version."""

    bytes: ReceivedBytes | None = None
    version: Version | None = None

    @property
    def target(self) -> TagTarget:
        """Where a tag at it points."""
        if self.version is not None:
            return TagTarget(version=self.version.version)
        return NOWHERE if self.bytes is None else TagTarget(self.bytes.artifact_id)

    def give_to(self, row: Tag) -> None:
        """Let a tag point at it."""
        if self.bytes is not None:
            row.refer(self.bytes.artifact_id, self.bytes.provenance)
        row.version_id = None if self.version is None else self.version.id


@dataclass(slots=True)
class HeldTag:
    """A tag of a package that is open for a change: `row` is locked, or None if it is to be made."""

    tx: Transaction
    actor: Actor
    found: FoundPackage
    name: str
    row: Tag | None
    target: TagTarget = field(init=False)

    def __post_init__(self) -> None:
        """See where it points."""
        row = self.row
        self.target = (
            NOWHERE if row is None else TagTarget(row.artifact_id, queries.version_of(self.tx.session, row))
        )

    def point(self, aim: Aim) -> None:
        """Point it there. One that points there already is not touched: a retry leaves no trace.

        Raises Forbidden if the credential may only upload, and others get other bytes by the name then.
        """
        before, after = self.target, aim.target
        if before == after:
            return
        row = self.row
        if row is not None:
            self.actor.require_scope(Scope.RELEASE)
        if row is None:
            row = Tag(package_id=self.found.id, name=self.name)
            self.tx.session.add(row)
        aim.give_to(row)
        move = self._move(after)
        row.updated_at, row.updated_by = move.moved_at, move.moved_by
        self.tx.session.flush()
        self.tx.session.add(move)
        announce(
            self.tx, self.actor, TAG_MOVED, self._subject, before=before.recorded(), after=after.recorded()
        )

    def delete(self) -> None:
        """Let it go; its history stays."""
        self.tx.session.delete(self.row)
        self.tx.session.add(self._move(NOWHERE))
        announce(self.tx, self.actor, TAG_DELETED, self._subject, before=self.target.recorded())

    @property
    def _subject(self) -> Subject:
        return self.found.subject("tag", self.name)

    def _move(self, to: TagTarget) -> TagMove:
        return TagMove(
            package_id=self.found.id,
            name=self.name,
            artifact_id=to.artifact_id,
            version=to.version,
            previous=self.target.artifact_id,
            previous_version=self.target.version,
            moved_at=clock.now(),
            moved_by=self.actor.user_id,
        )
