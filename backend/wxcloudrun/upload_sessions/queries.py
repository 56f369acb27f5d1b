"""Every SELECT on upload sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, and_, bindparam, delete, func, select
from sqlalchemy.orm import Session

from wxcloudrun.artifacts.reads import Lease
from wxcloudrun.erasure.reads import Keys
from wxcloudrun.kit.columns import is_over
from wxcloudrun.kit.db import Reader, prepared
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


def epoch_of_part(reader: Reader, session_id: int, number: int) -> int | None:
    """Return how often somebody has begun to send a part, None if nobody has."""
    asked = {"session_id": session_id, "number": number}
    return reader.execute(epochs_of_parts(), asked).scalar_one_or_none()


@prepared
def epochs_of_parts() -> Select[int]:
    """Select the epoch of one part."""
    return select(SessionPart.epoch).where(
        SessionPart.session_id == bindparam("session_id"), SessionPart.number == bindparam("number")
    )


def parts(session: Session, session_id: int, first: int, last: int) -> Sequence[SessionPart]:
    """Return parts by their numbers, in order."""
    statement = select(SessionPart).where(
        SessionPart.session_id == session_id, SessionPart.number.between(first, last)
    )
    return session.execute(statement.order_by(SessionPart.number)).scalars().all()


def last_part_number(session: Session, session_id: int) -> int:
    """Return the highest number of a part, 0 if there is none; the session is locked."""
    statement = select(func.max(SessionPart.number)).where(SessionPart.session_id == session_id)
    return session.execute(statement).scalar_one() or 0


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
