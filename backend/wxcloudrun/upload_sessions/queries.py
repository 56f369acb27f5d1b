"""Every SELECT on upload sessions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Row, Select, Table, Update, and_, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.reads import Lease
from wxcloudrun.erasure.reads import Keys
from wxcloudrun.kit.columns import is_over
from wxcloudrun.kit.db import Reader, insertion, prepared
from wxcloudrun.kit.package_names import written_name
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.windows import change_all
from wxcloudrun.packages.reads import Package
from wxcloudrun.projects.reads import Project, visible_to
from wxcloudrun.upload_sessions import rules
from wxcloudrun.upload_sessions.models import SessionPart, SessionState, UploadSession
from wxcloudrun.users.reads import User

ALIVE = (SessionState.OPEN.value, SessionState.SEALING.value)
SESSIONS, PARTS = cast("Table", UploadSession.__table__), cast("Table", SessionPart.__table__)
FIRST_EPOCH = 1
CHANGEABLE = ("received", "hashed_parts", "hash_state", "hash_maker", "expires_at")  # by a part that comes


@dataclass(frozen=True, slots=True)
class UnfinishedUpload:
    """A session that has not ended, and where it is; names as our API writes them."""

    row: UploadSession
    project: str
    package: str

    @property
    def url(self) -> str:
        """Where it is, relative to the service's address."""
        row = self.row
        return rules.address_of(self.project, self.package, row.public_id, is_appended=row.is_appended)


@dataclass(slots=True)
class PartedSession:
    """What a request with a part has to know of its session, and may change in it until `save`.

    It is no object of the ORM: there is one for each part, and they come by the thousand.
    """

    id: int
    public_id: str
    state: str
    failure: bytes | None
    created_at: datetime
    expires_at: datetime
    size_bytes: int
    part_bytes: int
    object_key: str
    writer: str
    received: bytes
    hashed_parts: int
    hash_state: bytes | None
    hash_maker: str | None
    as_read: dict[str, object] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.as_read = self._changeable()

    @property
    def parts(self) -> int:
        """How many parts the file has."""
        return rules.parts_in(self.size_bytes, self.part_bytes)

    def offset_of(self, number: int) -> int:
        """Where a part begins."""
        return (number - 1) * self.part_bytes

    def size_of(self, number: int) -> int:
        """How many bytes a part has."""
        return min(self.part_bytes, self.size_bytes - self.offset_of(number))

    def changes(self) -> dict[str, object]:
        """Return what is not as it was read."""
        return {name: value for name, value in self._changeable().items() if value != self.as_read[name]}

    def _changeable(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in CHANGEABLE}


@dataclass(frozen=True, slots=True)
class KnownEpoch:
    """How often somebody has begun to send a part, and its digest if it has been there."""

    epoch: int
    sha256: str | None


class ListedPart(NamedTuple):
    """What is known of one part, where there may be thousands."""

    number: int
    epoch: int
    offset_bytes: int | None
    size_bytes: int | None
    sha256: str | None
    receipt: str | None


type AnySession = UploadSession | PartedSession
"""A session, as an object that remembers where it comes from or as what a part needs of it."""


def session_of(
    session: Session, package_id: int, public_id: str, *, is_appended: bool
) -> UploadSession | None:
    """Return a session of a package, of the one kind or the other."""
    return session.execute(that_session(package_id, public_id, is_appended=is_appended)).scalar_one_or_none()


def locked_session_of(
    session: Session, package_id: int, public_id: str, *, is_appended: bool
) -> UploadSession | None:
    """Return a session of a package for a change, as `locked_session` does."""
    statement = that_session(package_id, public_id, is_appended=is_appended)
    locked = statement.with_for_update().execution_options(populate_existing=True)
    return session.execute(locked).scalar_one_or_none()


def that_session(package_id: int, public_id: str, *, is_appended: bool) -> Select[UploadSession]:
    """Return the statement that finds a session of a package."""
    return select(UploadSession).where(
        UploadSession.public_id == public_id,
        UploadSession.package_id == package_id,
        UploadSession.is_appended == is_appended,
    )


def parted_session_of(reader: Reader, package_id: int, public_id: str) -> PartedSession | None:
    """Return what a part needs of a session of a package, locked as by `locked_session`."""
    asked = {"public_id": public_id, "package_id": package_id}
    row = reader.execute(parted_sessions(), asked).one_or_none()
    return None if row is None else PartedSession(*row)


@prepared
def parted_sessions() -> Select[*tuple[Any, ...]]:
    """Select what a PartedSession holds, in its order."""
    each = UploadSession
    what = (each.id, each.public_id, each.state, each.failure, each.created_at, each.expires_at)
    how = (each.size_bytes, each.part_bytes, each.object_key, each.writer)
    so_far = (each.received, each.hashed_parts, each.hash_state, each.hash_maker)
    return (
        select(*what, *how, *so_far)
        .where(
            each.public_id == bindparam("public_id"),
            each.package_id == bindparam("package_id"),
            each.is_appended.is_(False),
        )
        .with_for_update()
    )


def save(reader: Reader, row: PartedSession) -> None:
    """Write down what has changed in a session."""
    changes = row.changes()
    if changes:
        reader.execute(change_of_session(), {"changed": row.id, **changes})


@prepared
def change_of_session() -> Update:
    """Change one session."""
    return update(SESSIONS).where(SESSIONS.c.id == bindparam("changed"))


def locked_session(session: Session, session_id: int) -> UploadSession | None:
    """Return a session for a change: nobody else changes it before the transaction ends."""
    statement = select(UploadSession).where(UploadSession.id == session_id)
    locked = statement.with_for_update().execution_options(populate_existing=True)
    return session.execute(locked).scalar_one_or_none()


def count_alive(session: Session, user_id: int | None) -> int:
    """Return how many sessions of a user have not ended."""
    statement = select(func.count()).where(
        UploadSession.created_by == user_id, UploadSession.state.in_(ALIVE)
    )
    return session.execute(statement).scalar_one()


def page_of_unfinished(
    session: Session, package_id: int, user_id: int | None, page: PageRequest[int]
) -> Page[UnfinishedUpload]:
    """Return the sessions of a user in a package that have not ended, newest first."""
    statement = unfinished_of(user_id).where(UploadSession.package_id == package_id)
    if page.after is not None:
        statement = statement.where(UploadSession.id < page.after)
    rows = session.execute(statement.order_by(UploadSession.id.desc()).limit(page.limit + 1))
    return Page.cut([unfinished_in(row) for row in rows], page.limit, lambda each: each.row.id)


def longest_waiting(session: Session, actor: Actor, limit: int) -> Sequence[UnfinishedUpload]:
    """Return the caller's own sessions, of those that they may see, that nothing has come to for longest."""
    statement = unfinished_of(actor.user_id).where(visible_to(actor))
    rows = session.execute(statement.order_by(UploadSession.expires_at, UploadSession.id).limit(limit))
    return [unfinished_in(row) for row in rows]


def unfinished_of(user_id: int | None) -> Select[UploadSession, str, str, str]:
    """Select the sessions of a user that have not ended: the same that `count_alive` counts."""
    return (
        select(UploadSession, Project.name.label("project"), Package.format, Package.name)
        .join(Package, Package.id == UploadSession.package_id)
        .join(Project, Project.id == Package.project_id)
        .where(UploadSession.created_by == user_id, UploadSession.state.in_(ALIVE))
    )


def unfinished_in(row: Row[UploadSession, str, str, str]) -> UnfinishedUpload:
    """Read a row of `unfinished_of`."""
    found, project, form, name = row
    return UnfinishedUpload(found, project, written_name(form, name))


def expire_all_of(session: Session, user_id: int, now: datetime) -> int:
    """Let the time of a user's sessions be over that have not ended; return how many."""
    alive = and_(
        UploadSession.created_by == user_id,
        UploadSession.state.in_(ALIVE),
        UploadSession.expires_at > now,
    )
    return change_all(session, UploadSession.id, alive, {"expires_at": now})


def begun_with(session: Session, user_id: int | None, key: str) -> UploadSession | None:
    """Return the session that a user has begun under an Idempotency-Key."""
    statement = select(UploadSession).where(
        UploadSession.created_by == user_id, UploadSession.idempotency_key == key
    )
    return session.execute(statement).scalar_one_or_none()


def has_begun_with(session: Session, user_id: int | None, key: str) -> bool:
    """Tell whether a user has begun a session under an Idempotency-Key."""
    return begun_with(session, user_id, key) is not None


def lock_user(session: Session, user_id: int | None) -> None:
    """Let nobody else count the sessions of a user before the transaction ends."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update())


def end_leases(session: Session, keys: Keys) -> None:
    """Give back the leases of sessions that are about to be deleted; the sweeper takes their objects.

    The object of one that is done has an owner.
    """
    unfinished = select(UploadSession.object_key).where(
        UploadSession.id.in_(keys), UploadSession.state.in_(ALIVE)
    )
    held = session.execute(unfinished).scalars().all()
    session.execute(delete(Lease).where(Lease.object_key.in_(held)))


def path_of_package(session: Session, package_id: int) -> str | None:
    """Return how the audit log calls a package; None if it is being deleted."""
    statement = (
        select(Project.name.label("project"), Package.format, Package.name)
        .join(Project, Project.id == Package.project_id)
        .where(Package.id == package_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    return f"project/{row.project}/package/{written_name(row.format, row.name)}"


def part(session: Session, session_id: int, number: int) -> SessionPart | None:
    """Return what is known of a part; the session is locked."""
    return session.get(SessionPart, (session_id, number))


def known_epoch(reader: Reader, session_id: int, number: int) -> KnownEpoch | None:
    """Return what is known of a part, None if nobody has begun to send it."""
    row = reader.execute(known_epochs(), {"session_id": session_id, "number": number}).one_or_none()
    return None if row is None else KnownEpoch(*row)


@prepared
def known_epochs() -> Select[int, str | None]:
    """Select what a KnownEpoch holds."""
    return select(SessionPart.epoch, SessionPart.sha256).where(
        SessionPart.session_id == bindparam("session_id"), SessionPart.number == bindparam("number")
    )


def begin_part(reader: Reader, session_id: int, number: int) -> None:
    """Write down that somebody begins to send a part, for the first time. Raises IntegrityError."""
    first = {"session_id": session_id, "number": number, "epoch": FIRST_EPOCH}
    reader.execute(insertion(SessionPart), first)


def begin_part_again(reader: Reader, session_id: int, number: int, epoch: int) -> None:
    """Write down that somebody begins to send a part once more; the session is locked."""
    reader.execute(change_of_part(), {"of_session": session_id, "of_number": number, "epoch": epoch})


def record_part(
    reader: Reader, session_id: int, number: int, *, epoch: int, sha256: str, receipt: str
) -> bool:
    """Write down what has come of a part; False if somebody has begun to send it since."""
    which = {"of_session": session_id, "of_number": number, "of_epoch": epoch}
    done = reader.execute(change_of_epoch(), {**which, "sha256": sha256, "receipt": receipt})
    return cast("CursorResult[Any]", done).rowcount == 1


@prepared
def change_of_part() -> Update:
    """Change one part."""
    mine = (PARTS.c.session_id == bindparam("of_session"), PARTS.c.number == bindparam("of_number"))
    return update(PARTS).where(*mine)


@prepared
def change_of_epoch() -> Update:
    """Change one part, unless it has another epoch."""
    return change_of_part().where(PARTS.c.epoch == bindparam("of_epoch"))


def parts(reader: Reader, session_id: int, first: int, last: int) -> list[ListedPart]:
    """Return parts by their numbers, in order."""
    asked = {"session_id": session_id, "first": first, "last": last}
    return [ListedPart(*row) for row in reader.execute(listed_parts(), asked)]


@prepared
def listed_parts() -> Select[*tuple[Any, ...]]:
    """Select what a ListedPart holds, in its order."""
    part = SessionPart
    number = part.number.between(bindparam("first"), bindparam("last"))
    return (
        select(part.number, part.epoch, part.offset_bytes, part.size_bytes, part.sha256, part.receipt)
        .where(part.session_id == bindparam("session_id"), number)
        .order_by(part.number)
    )


def last_part_number(reader: Reader, session_id: int) -> int:
    """Return the highest number of a part, 0 if there is none; the session is locked."""
    return reader.execute(last_part_numbers(), {"session_id": session_id}).scalar_one() or 0


@prepared
def last_part_numbers() -> Select[int | None]:
    """Select the highest number of a part."""
    return select(func.max(SessionPart.number)).where(SessionPart.session_id == bindparam("session_id"))


def over(
    session: Session, now: datetime, *, longest: timedelta, fence: timedelta, limit: int
) -> Sequence[UploadSession]:
    """Return sessions, or receipts, whose time is over, for their end; not those that somebody completes."""
    statement = (
        select(UploadSession)
        .where(
            is_over(UploadSession.expires_at, now, longest),
            UploadSession.fenced_until.is_(None) | is_over(UploadSession.fenced_until, now, fence),
        )
        .order_by(UploadSession.id)
        .limit(limit)
        .with_for_update()
    )
    return session.execute(statement).scalars().all()


def forget_parts(session: Session, session_id: int) -> None:
    """Delete what is known of the parts of one session: 10 000 rows at most."""
    session.execute(delete(SessionPart).where(SessionPart.session_id == session_id))


def forget_parts_from(session: Session, session_id: int, number: int) -> None:
    """Delete what is known of a part and of those behind it."""
    session.execute(
        delete(SessionPart).where(SessionPart.session_id == session_id, SessionPart.number >= number)
    )
