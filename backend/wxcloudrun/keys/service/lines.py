"""Keys that stand on keys: what was made with a key goes with it, through all generations.

A child ends no later than its parent, so an expiry needs nobody to carry it on; only a revocation does. It
locks the keys level by level, parents first. Whoever makes a key holds the one that it is made with, so what
comes while its line is being revoked is seen, or finds its parent revoked.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from wxcloudrun.keys import queries
from wxcloudrun.keys.events import KEY_REVOKED
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.keys.service.terms import earlier
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.errors import Forbidden, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor, CredentialKind, Scope
from wxcloudrun.kit.texts import text

MOST_GENERATIONS = 8


def presented_key(tx: Transaction, actor: Actor, now: datetime) -> ApiKey | None:
    """Return the key with which the caller came, held to the end; None for who came without one.

    Raises Unauthorized if it was revoked this very moment.
    """
    if actor.credential is not CredentialKind.API_KEY:
        return None
    key = queries.lock_usable_key(tx.session, presented_id(actor), now)
    if key is None:
        raise Unauthorized(text("the credential is no longer valid"))
    return key


def presented_id(actor: Actor) -> int:
    """Return the id of the key with which the caller came."""
    return int(actor.credential_id or 0)


def end_of(key: ApiKey | None) -> datetime | None:
    """Return when a key ends, None if there is none or it does not."""
    return None if key is None else key.expires_at


def refuse_too_deep(session: Session, maker: ApiKey | None) -> None:
    """Raise Forbidden if the key stands on too many to make another one."""
    if maker is not None and len(queries.line_above(session, maker)) + 1 >= MOST_GENERATIONS:
        limit = MOST_GENERATIONS
        raise Forbidden(text("a line of keys has {limit} generations at most", limit=limit), limit=limit)


def require_own_line(tx: Transaction, actor: Actor, key: ApiKey) -> None:
    """Raise Forbidden for a key that neither is the presented one nor stands on it, but for `admin`."""
    if actor.credential is not CredentialKind.API_KEY:
        return
    if presented_id(actor) not in (key.id, *queries.line_above(tx.session, key)):
        actor.require_scope(Scope.ADMIN)


def take_place(session: Session, new: ApiKey, old: ApiKey, maker: ApiKey | None, now: datetime) -> None:
    """Let a new key stand where the old one stands, or on the foreign one that it is made with.

    It ends no later than what it stands on. One that replaces itself is not its own parent, whose end would
    be the new one's; that it did is noted.
    """
    parent = nearest_above(session, old, now)
    if maker is not None and maker.id == old.id:
        new.replaces_id = old.id
    elif maker is not None and maker.id not in queries.line_above(session, old):
        refuse_too_deep(session, maker)
        parent = maker
    new.parent_id = None if parent is None else parent.id
    new.expires_at = earlier(new.expires_at, end_of(parent))


def nearest_above(session: Session, key: ApiKey, now: datetime) -> ApiKey | None:
    """Return the nearest key on which this one stands that is not over, held to the end; None if none is."""
    above = (queries.lock_usable_key(session, each, now) for each in queries.line_above(session, key))
    return next((each for each in above if each is not None), None)


def revoke(tx: Transaction, actor: Actor, key: ApiKey) -> None:
    """Revoke a key that the caller may revoke, with all that stand on it.

    What replaced itself before its time is up goes with its successors: whoever revokes it means whoever
    holds it. One that is over already is only put away.
    """
    now = clock.now()
    is_over = has_ended(key, now)
    revoke_one(tx, actor, key, now)
    if is_over:
        return
    for each in standing_on(tx.session, key, and_successors=True):
        if each.revoked_at is None:
            revoke_one(tx, actor, each, now)


def retire(tx: Transaction, actor: Actor, key: ApiKey, end: datetime, now: datetime) -> None:
    """Let a key that was replaced end then, and what stands on it no later."""
    cut(key, end, now)
    for each in standing_on(tx.session, key, and_successors=False):
        if each.revoked_at is None and cut(each, end, now):
            announce_revoked(tx, actor, each)


def standing_on(session: Session, key: ApiKey, *, and_successors: bool) -> Iterator[ApiKey]:
    """Yield the keys that stand on one, generation by generation, each locked."""
    seen, level = {key.id}, [key.id]
    while level:
        found = queries.lock_keys_on(session, level, and_successors=and_successors)
        fresh = [each for each in found if each.id not in seen]
        yield from fresh
        level = [each.id for each in fresh]
        seen.update(level)


def has_ended(key: ApiKey, now: datetime) -> bool:
    """Tell whether a key has had its time."""
    return key.expires_at is not None and key.expires_at <= now


def revoke_one(tx: Transaction, actor: Actor, key: ApiKey, now: datetime) -> None:
    """Revoke this key alone."""
    key.revoked_at = now
    announce_revoked(tx, actor, key)


def announce_revoked(tx: Transaction, actor: Actor, key: ApiKey) -> None:
    """Say that a key was revoked."""
    announce(tx, actor, KEY_REVOKED, subject_of(key), before={"prefix": key.prefix, "name": key.name})


def cut(key: ApiKey, end: datetime, now: datetime) -> bool:
    """Let a key end then, if it does not end before that; True if that revokes it."""
    if end <= now:
        key.revoked_at = now
        return True
    key.expires_at = earlier(key.expires_at, end)
    return False


def subject_of(key: ApiKey) -> Subject:
    """Return what an event is about that happens to a key."""
    return Subject(f"user/{key.user_id}/key/{key.id}")
