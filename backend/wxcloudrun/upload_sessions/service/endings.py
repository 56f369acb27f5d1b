"""How sessions live on, and what happens when one comes to nothing."""

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from wxcloudrun.artifacts.service.leases import LeasedKey
from wxcloudrun.erasure.reads import Keys
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import StoreUnavailable
from wxcloudrun.stores.blobs.writing import Preempted, ResumableWriter
from wxcloudrun.upload_sessions import queries
from wxcloudrun.upload_sessions.errors import UploadLost
from wxcloudrun.upload_sessions.events import UPLOAD_SESSION_FAILED
from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.queries import AnySession
from wxcloudrun.upload_sessions.service.entry import (
    LONGEST_LIFE,
    Entered,
    SessionDoor,
    SessionPlace,
    require_open,
)

logger = logging.getLogger(__name__)

RECEIPTS_STAY = timedelta(days=7)
LEAST_PROLONGED = timedelta(seconds=60)
LEASE_MARGIN = timedelta(hours=1)  # the session ends first, and ends the lease

type RequireLatest = Callable[[Session, UploadSession], None]
"""Raises Preempted for a request that somebody has overtaken."""


def let_go(tx: Transaction, row: UploadSession, state: SessionState, now: datetime) -> None:
    """End a session that comes to nothing, and its lease; the object goes with the next deletions."""
    row.end(state, now + RECEIPTS_STAY)
    LeasedKey(row.object_key).give_up(tx)


def prolong(tx: Transaction, row: AnySession, idle: timedelta, now: datetime) -> None:
    """Let a session live on because something has come, within its longest life.

    Seconds are not worth writing: parts come faster than that.
    """
    expires_at = min(now + idle, row.created_at + LONGEST_LIFE)
    if expires_at - row.expires_at < min(LEAST_PROLONGED, idle / 10):
        return
    row.expires_at = expires_at
    LeasedKey(row.object_key).hold_until(tx, row.expires_at + LEASE_MARGIN)


def cancel(writer: ResumableWriter) -> None:
    """Throw away what was written, at once if the store can; else the sweeper does it."""
    try:
        writer.cancel()
    except StoreUnavailable:
        logger.warning("object_left_to_sweeper", extra={"key": writer.state.key})


def forget_parts(session_id: int) -> None:
    """Forget what was known of the parts of a session that has ended; for the time behind that.

    Where it does not come to that, they go with the receipt.
    """
    atomically(lambda tx: queries.forget_parts(tx.session, session_id))


def fail(tx: Transaction, entered: Entered, error: AppError) -> None:
    """Let a session have failed for good, and keep what it has failed of."""
    row = entered.row
    row.failure = json.dumps({"reason": error.reason, **error.facts}).encode()
    let_go(tx, row, SessionState.FAILED, clock.now())
    announce(tx, entered.actor, UPLOAD_SESSION_FAILED, entered.subject, after={"reason": error.reason})


def lose(door: SessionDoor, place: SessionPlace, require_latest: RequireLatest) -> AppError:
    """Let an open session have failed whose bytes the store does not have; return the refusal.

    What is unfinished is also missing for a late request when the object has been sealed behind its back.
    So only whoever could still write may call it lost: others get SessionGone, SessionEnded or Preempted, and
    the session stays as it is.
    """

    def work(tx: Transaction) -> AppError:
        entered = door.enter(tx.session, place)
        require_open(entered.row)
        require_latest(tx.session, entered.row)
        return lost(tx, entered)

    return atomically(work)


def overtaken(door: SessionDoor, place: SessionPlace, error: Preempted) -> AppError:
    """Return why a request writes no more: the end of its session, if that is what has overtaken it."""
    with reading() as session:
        row = door.look(session, place).row
    try:
        require_open(row)
    except AppError as refusal:
        return refusal
    return error


def lost(tx: Transaction, entered: Entered) -> AppError:
    """Let a session have failed because the store has lost its bytes; return the refusal."""
    error = UploadLost(text("the store has lost what was sent; begin again"))
    fail(tx, entered, error)
    return error


def expire_all_of(session: Session, user_id: int, now: datetime) -> int:
    """Let nothing more come to the sessions of a user; return how many. They end as with time."""
    return queries.expire_all_of(session, user_id, now)


def give_leases_back(session: Session, keys: Keys) -> None:
    """Give back the leases of sessions that are being erased with their package."""
    queries.end_leases(session, keys)
