"""The door to a session: for those who may write in its package, and for the token of the session itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Reader
from wxcloudrun.kit.errors import AppError, ChecksumMismatch, NotFound
from wxcloudrun.kit.events import Subject
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.errors import PartsMissing, SessionEnded, SessionGone, UploadLost
from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.queries import AnySession, PartedSession

LONGEST_LIFE = timedelta(days=7)
FENCE = timedelta(seconds=60)
GONE = (SessionState.ABORTED.value, SessionState.EXPIRED.value)


@dataclass(frozen=True, slots=True)
class SessionPlace:
    """Who asks for which session, and where."""

    actor: Actor
    project: str
    package: str
    public_id: str
    is_appended: bool = False  # sessions of the other kind are not there


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that the caller was admitted to, as they are by now."""

    found: FoundPackage
    row: UploadSession
    actor: Actor

    @property
    def subject(self) -> Subject:
        """What an event in it is about."""
        return self.found.subject("upload-session", self.row.public_id)


type Find = Callable[..., UploadSession | None]


class SessionDoor:
    """Lets callers in to their sessions."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def look(self, session: Session, place: SessionPlace) -> Entered:
        """Return the session for reading. Raises Unauthorized, Forbidden, NotFound."""
        found = self._packages.enter(
            session, place.actor, place.project, place.package, Action.ARTIFACT_WRITE
        )
        return self._entered(session, place, place.actor, found, queries.session_of)

    def enter(self, session: Session, place: SessionPlace) -> Entered:
        """Return the session for a change, locked to the end of the transaction. Raises as `look` does.

        The caller's credential is looked up again: bytes have come since they were identified.
        """
        actor, found = self._packages.enter_again(
            session, place.actor, place.project, place.package, Action.ARTIFACT_WRITE
        )
        return self._entered(session, place, actor, found, queries.locked_session_of)

    def enter_with_part(self, reader: Reader, place: SessionPlace) -> PartedSession:
        """Return what a part has to know of its session, locked to the end of the transaction.

        The caller is who they were when their request came: none of its bytes has been waited for. Raises as
        `look` does.
        """
        found = self._packages.enter(reader, place.actor, place.project, place.package, Action.ARTIFACT_WRITE)
        return own(place, queries.parted_session_of(reader, found.id, place.public_id))

    def enter_behind_part(self, reader: Reader, place: SessionPlace) -> PartedSession:
        """Return the same when the bytes have come: the caller is looked up again, as by `enter`."""
        _, found = self._packages.enter_again(
            reader, place.actor, place.project, place.package, Action.ARTIFACT_WRITE
        )
        return own(place, queries.parted_session_of(reader, found.id, place.public_id))

    def _entered(
        self, session: Session, place: SessionPlace, actor: Actor, found: FoundPackage, find: Find
    ) -> Entered:
        row = own(place, find(session, found.id, place.public_id, is_appended=place.is_appended))
        return Entered(found, row, actor)


def own[S: (UploadSession, PartedSession)](place: SessionPlace, row: S | None) -> S:
    """Return the session that was asked for. Raises NotFound, also for the token of another one."""
    if row is None or place.actor.upload_session not in (None, row.public_id):
        raise NotFound(text("there is no such upload session, or it is not visible to you"))
    return row


def require_open(row: AnySession) -> None:
    """Raise SessionGone, SessionEnded or UploadLost unless a session takes parts.

    A wrong checksum of the whole file is not told of a part: a client would send that part again, for ever.
    """
    if row.state == SessionState.OPEN.value and not is_over(row):
        return
    refusal = ended(row)
    raise no_more_parts(row) if isinstance(refusal, ChecksumMismatch) else refusal


def is_over(row: AnySession) -> bool:
    """Tell whether a session has had its time, although nobody may have noticed yet."""
    return row.state in queries.ALIVE and clock.is_over(row.expires_at, clock.now(), LONGEST_LIFE)


def state_now(row: UploadSession) -> str:
    """Return what a session is at this moment: expired also before anybody has written that down."""
    if is_over(row) and not is_fenced(row, clock.now()):
        return SessionState.EXPIRED.value
    return row.state


def ended(row: AnySession) -> AppError:
    """Return why a session takes no more parts."""
    state = SessionState.EXPIRED.value if is_over(row) else row.state
    if state in GONE:
        return SessionGone(
            text("this upload session is over ({state}); begin another", state=state), state=state
        )
    if row.state == SessionState.FAILED.value:
        return failure_of(row)
    return no_more_parts(row)


def no_more_parts(row: AnySession) -> SessionEnded:
    """Refuse a part of a session that is being completed, or has been."""
    return SessionEnded(
        text("this upload session takes no more parts ({state})", state=row.state), state=row.state
    )


def missing_parts(row: UploadSession) -> PartsMissing:
    """Refuse to complete what is not all there."""
    if row.is_appended:
        return PartsMissing(text("bytes are missing; ask for the offset and go on there"), missing=[])
    missing = rules.runs(row.received, row.parts, there=False)
    return PartsMissing(text("parts are missing; send them and complete again"), missing=missing)


def failure_of(row: AnySession) -> AppError:
    """Return what a session has failed of, as it was said the first time."""
    facts = json.loads(row.failure or b"{}")
    if facts.get("reason") != "checksum_mismatch":
        return UploadLost(text("the store has lost what was sent; begin again"))
    algorithm = facts["algorithm"]
    try:
        Checksums(**{algorithm: facts["expected"]}).verify(Checksums(**{algorithm: facts["received"]}))
    except AppError as error:
        return error
    return UploadLost(text("the store has lost what was sent; begin again"))


def is_fenced(row: UploadSession, now: datetime) -> bool:
    """Tell whether somebody completes the session at the moment."""
    return row.fenced_until is not None and not clock.is_over(row.fenced_until, now, FENCE)


def state_of(row: UploadSession) -> dict[str, str | int | None]:
    """Return what the audit log says about a session."""
    return {
        "original_name": row.filename,
        "size": row.size_bytes if row.has_length else None,
        "tag": row.tag,
        "version": row.version,
        "state": row.state,
    }
