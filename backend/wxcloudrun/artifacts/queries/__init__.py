"""Every SELECT on artifacts, leases and references."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.models import (
    Artifact,
    HeldArtifact,
    Lease,
    PendingDeletion,
    Provenance,
    UntoldDigests,
)
from wxcloudrun.artifacts.queries.digests import Told, as_told, withheld, withheld_in
from wxcloudrun.kit.columns import is_over
from wxcloudrun.kit.db import Base, Reader, insertion, prepared
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.windows import windows
from wxcloudrun.packages.reads import Package
from wxcloudrun.projects.reads import Project, Sight, visible, who
from wxcloudrun.stores.blobs.port import LONGEST_LINK_SECONDS
from wxcloudrun.users.reads import User


@dataclass(frozen=True, slots=True)
class SeenReference:
    """The oldest provenance of an artifact that a caller may see, and how many references they may see."""

    provenance: Provenance
    uploader: str | None
    ref_count: int
    told: Told


def artifact(reader: Reader, digest: str) -> HeldArtifact | None:
    """Return the artifact; in a write transaction it cannot be collected before the commit."""
    row = reader.execute(locked_artifact(), {"digest": digest}).one_or_none()
    return None if row is None else HeldArtifact(*row)


@prepared
def locked_artifact() -> Select[*tuple[Any, ...]]:
    """Select what a HeldArtifact holds, in its order, held to the end of the transaction."""
    table = Artifact.__table__
    columns = (table.c[each.name] for each in fields(HeldArtifact))
    return select(*columns).where(table.c.id == bindparam("digest")).with_for_update(read=True)


def change_artifact(connection: Connection, digest: str, **values: str | None) -> None:
    """Write down what has changed of an artifact."""
    connection.execute(update(Artifact.__table__).where(Artifact.id == digest), values)  # type: ignore[arg-type]  # a declarative table


def object_key(reader: Reader, digest: str) -> str | None:
    """Return under which key these bytes should lie, None if nobody has put them in."""
    return reader.execute(named_object(), {"digest": digest}).scalar_one()


@prepared
def named_object() -> Select[str | None]:
    """Select the key of an artifact: one row either way, so that reading it takes as long without one."""
    table = Artifact.__table__
    return select(select(table.c.object_key).where(table.c.id == bindparam("digest")).scalar_subquery())


def object_beside(reader: Reader, digest: str) -> tuple[str, str] | None:
    """Return digest and key of the artifact that these bytes are, or else of the next one; None behind all.

    Finding the one takes as long as finding the other.
    """
    row = reader.execute(nearest_object(), {"digest": digest}).one_or_none()
    return None if row is None else (row.id, row.object_key)


@prepared
def nearest_object() -> Select[str, str]:
    """Select the first artifact from a digest on."""
    table = Artifact.__table__
    found = select(table.c.id, table.c.object_key).where(table.c.id >= bindparam("digest"))
    return found.order_by(table.c.id).limit(1)


def open_lease(connection: Connection, key: str, *, now: datetime, expires_at: datetime) -> None:
    """Write a lease down."""
    values = {"object_key": key, "created_at": now, "expires_at": expires_at}
    connection.execute(insertion(Lease), values)


def end_lease(connection: Connection, key: str) -> bool:
    """Delete a lease; False if there is none."""
    return connection.execute(ended_lease(), {"key": key}).rowcount == 1


@prepared
def ended_lease() -> Delete:
    """Delete one lease."""
    table = Lease.__table__
    return delete(table).where(table.c.object_key == bindparam("key"))  # type: ignore[arg-type]  # a declarative table


def lease(session: Session, key: str) -> Lease | None:
    """Return a lease for renewal or its end."""
    return session.execute(
        select(Lease).where(Lease.object_key == key).with_for_update()
    ).scalar_one_or_none()


def reference_tables() -> Iterable[Table]:
    """Return every table that keeps artifacts alive: those with a foreign key to them."""
    target = Artifact.__table__
    for table in Base.metadata.sorted_tables:
        if any(key.column.table is target for key in table.foreign_keys):
            yield table


def visible_references(sight: Sight) -> Select[*tuple[Any, ...]]:
    """Select every reference to the artifact `digest` that the caller may see."""
    parts = [
        select(
            table.c.package_id,
            table.c.original_name,
            table.c.content_type,
            table.c.deposited_at,
            table.c.deposited_by,
        ).where(table.c.artifact_id == bindparam("digest"))
        for table in reference_tables()
    ]
    found = union_all(*parts).subquery()
    untold = UntoldDigests.__table__
    return (
        select(*found.c, untold.c.mark, untold.c.md5.label("untold_md5"), untold.c.sha1.label("untold_sha1"))
        .join(Package, Package.id == found.c.package_id)
        .join(Project, Project.id == Package.project_id)
        .outerjoin(untold, withheld(untold, bindparam("digest"), found.c.package_id))
        .where(visible(sight))
    )


def provenance_in(session: Session, package_id: int, digest: str) -> Provenance | None:
    """Return the oldest provenance on the references that a package has to an artifact."""
    parts = [
        select(table.c.original_name, table.c.content_type, table.c.deposited_at, table.c.deposited_by).where(
            table.c.package_id == package_id, table.c.artifact_id == digest
        )
        for table in reference_tables()
    ]
    found = union_all(*parts).subquery()
    statement = select(*found.c).order_by(found.c.deposited_at, found.c.original_name).limit(1)
    row = session.execute(statement).one_or_none()
    return None if row is None else Provenance(*row)


def seen_reference(session: Session, actor: Actor, digest: str) -> SeenReference | None:
    """Return what the caller may know about an artifact, None if they may not know that it exists.

    The provenance is the oldest.
    """
    row = session.execute(oldest_seen(Sight.of(actor)), {"digest": digest, **who(actor)}).one_or_none()
    return None if row is None else as_seen(row)


def seen_artifact(session: Session, actor: Actor, digest: str) -> tuple[Artifact, SeenReference] | None:
    """Return an artifact with what the caller may know about it, with one statement."""
    row = session.execute(seen_with_artifact(Sight.of(actor)), {"digest": digest, **who(actor)}).one_or_none()
    return None if row is None else (row.Artifact, as_seen(row))


def told(reader: Reader, actor: Actor, digest: str) -> Told:
    """Return what the caller may know of an artifact."""
    row = reader.execute(told_to(Sight.of(actor)), {"digest": digest, **who(actor)}).one()
    return as_told(row)


def told_in_project(session: Session, project_id: int, digest: str) -> Told:
    """Return what those may know of an artifact who see all of one project and nothing else."""
    sight = Sight(reads=True, is_bound=True, is_administrator=True)
    names = {"digest": digest, "caller_id": None, "bound_project_id": project_id}
    return as_told(session.execute(told_to(sight), names).one())


@prepared
def told_to(sight: Sight) -> Select[*tuple[Any, ...]]:
    """Select what `as_told` reads, of the artifact `digest`."""
    found = visible_references(sight).subquery()
    facts = select(func.count().label("ref_count"), *withheld_in(found)).select_from(found).subquery()
    artifacts = Artifact.__table__
    known = facts.outerjoin(artifacts, and_(artifacts.c.id == bindparam("digest"), facts.c.ref_count > 0))
    return select(*facts.c, artifacts.c.md5, artifacts.c.sha1).select_from(known)


# The statements below are built once for each kind of caller: that costs ten times what asking does.


@prepared
def seen_with_artifact(sight: Sight) -> Select[*tuple[Any, ...]]:
    """Select the artifact `digest` and what `oldest_seen` says of it."""
    seen = oldest_seen(sight).subquery()
    return select(Artifact, *seen.c).join(seen, true()).where(Artifact.id == bindparam("digest"))


@prepared
def oldest_seen(sight: Sight) -> Select[*tuple[Any, ...]]:
    """Select the oldest provenance of `digest` that the caller may see, and count all of them."""
    found, artifacts = visible_references(sight).subquery(), Artifact.__table__
    return (
        select(
            found.c.original_name,
            found.c.content_type,
            found.c.deposited_at,
            found.c.deposited_by,
            User.username,
            func.count().over().label("ref_count"),
            *(each.element.over().label(each.name) for each in withheld_in(found)),
            artifacts.c.md5,
            artifacts.c.sha1,
        )
        .select_from(
            found.join(artifacts, artifacts.c.id == bindparam("digest")).outerjoin(
                User, User.id == found.c.deposited_by
            )
        )
        .order_by(found.c.deposited_at, found.c.original_name)
        .limit(1)
    )


def as_seen(row: Any) -> SeenReference:
    """Shape a row of `oldest_seen`."""
    provenance = Provenance(row.original_name, row.content_type, row.deposited_at, row.deposited_by)
    return SeenReference(provenance, row.username, row.ref_count, as_told(row))


def ref_count(session: Session, actor: Actor, digest: str) -> int:
    """Count the references that the caller may see: counted each time, so it cannot drift."""
    return session.execute(counted_references(Sight.of(actor)), {"digest": digest, **who(actor)}).scalar_one()


def with_one_more(told: Told, actor: Actor) -> int:
    """Return what `ref_count` will count after one reference more, where the caller may put bytes in."""
    return told.references + 1 if Sight.of(actor).reads else 0


@prepared
def counted_references(sight: Sight) -> Select[int]:
    """Select how many references to `digest` are visible."""
    return select(func.count()).select_from(visible_references(sight).subquery())


# --- Maintenance ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CollectCandidate:
    """An artifact as the collector passes it."""

    artifact_id: str
    size_bytes: int
    unreferenced_since: datetime | None
    is_referenced: bool

    def is_settled(self, cutoff: datetime, now: datetime) -> bool:
        """Tell whether there is nothing to do: referred to and unmarked, or marked from `cutoff` to now."""
        if self.is_referenced:
            return self.unreferenced_since is None
        return self.unreferenced_since is not None and cutoff < self.unreferenced_since <= now


def candidates(session: Session, *, after: str, limit: int) -> list[CollectCandidate]:
    """Return the next artifacts in the order of their ids, each with whether something refers to it.

    Every artifact is passed, so a statement looks at `limit` rows whatever the share of garbage.
    """
    statement = (
        select(Artifact.id, Artifact.size_bytes, Artifact.unreferenced_since, is_referenced())
        .where(Artifact.id > after)
        .order_by(Artifact.id)
        .limit(limit)
    )
    return [CollectCandidate(*row) for row in session.execute(statement)]


def lock_artifacts(session: Session, ids: Iterable[str]) -> list[Artifact]:
    """Lock these artifacts, leaving out what others have locked: nothing can begin to refer to them."""
    statement = select(Artifact).where(Artifact.id.in_(ids)).order_by(Artifact.id)
    return list(session.execute(statement.with_for_update(skip_locked=True)).scalars())


def referenced_ids(session: Session, ids: Iterable[str]) -> set[str]:
    """Return those of these artifacts that something refers to.

    A statement of its own: it has to see what was committed before its artifacts were locked.
    """
    return set(session.execute(select(Artifact.id).where(Artifact.id.in_(ids), is_referenced())).scalars())


def is_referenced() -> ColumnElement[bool]:
    """Tell whether any reference points at the artifact of the row at hand."""
    return or_(*(exists().where(table.c.artifact_id == Artifact.id) for table in reference_tables()))


def due_deletions(session: Session, now: datetime, limit: int, after: str) -> list[str]:
    """Return the next keys whose objects may go now."""
    statement = (
        select(PendingDeletion.object_key)
        .where(may_go(now), PendingDeletion.object_key > after)
        .order_by(PendingDeletion.object_key)
        .limit(limit)
    )
    return list(session.execute(statement).scalars())


def may_go(now: datetime) -> ColumnElement[bool]:
    """Return the condition for objects to which no link is valid any more."""
    return is_over(PendingDeletion.not_before, now, timedelta(seconds=LONGEST_LINK_SECONDS))


def count_deletions(session: Session, *conditions: ColumnElement[bool]) -> int:
    """Count objects that have to go."""
    counted = select(func.count()).select_from(PendingDeletion).where(*conditions)
    parts = windows(session, PendingDeletion.object_key)
    return sum(session.execute(counted.where(part)).scalar_one() for part in parts)


def last_deletion(session: Session, now: datetime) -> datetime | None:
    """Return from when on the last of the objects that have to wait may go."""
    return session.execute(select(func.max(PendingDeletion.not_before)).where(~may_go(now))).scalar_one()


def forget_deletions(session: Session, keys: Iterable[str]) -> None:
    """Forget pending deletions that have been carried out."""
    session.execute(delete(PendingDeletion).where(PendingDeletion.object_key.in_(keys)))


def expired_leases(session: Session, now: datetime, limit: int, *, longest: timedelta) -> list[Lease]:
    """Lock some leases whose time is over, leaving out what an upload is just ending."""
    over = is_over(Lease.expires_at, now, longest)
    statement = select(Lease).where(over).order_by(Lease.expires_at).limit(limit)
    return list(session.execute(statement.with_for_update(skip_locked=True)).scalars())


def named_keys(session: Session, keys: Iterable[str]) -> set[str]:
    """Return those of these keys that an artifact, a lease or a pending deletion names.

    One statement, so it sees one moment: an upload replaces its lease by its artifact in one commit,
    and two statements could look at the one too early and at the other too late.
    """
    wanted = list(keys)
    parts = [
        select(table.object_key).where(table.object_key.in_(wanted))
        for table in (Artifact, Lease, PendingDeletion)
    ]
    return set(session.execute(union_all(*parts)).scalars())


def leased_keys(session: Session, keys: Iterable[str]) -> set[str]:
    """Return those of these keys that an upload is writing to."""
    statement = select(Lease.object_key).where(Lease.object_key.in_(list(keys)))
    return set(session.execute(statement).scalars())


def held_keys(session: Session, keys: Iterable[str]) -> set[str]:
    """Return those of these keys that an artifact or a lease names."""
    wanted = list(keys)
    parts = [select(table.object_key).where(table.object_key.in_(wanted)) for table in (Artifact, Lease)]
    return set(session.execute(union_all(*parts)).scalars())
