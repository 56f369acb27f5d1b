"""What a new key may be at most: its scopes and its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import Forbidden, Invalid
from wxcloudrun.kit.security import Actor, Scope, with_parts, without_parts
from wxcloudrun.kit.texts import text

DEFAULT_SCOPES = frozenset({Scope.READ, Scope.WRITE})


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """For how many days keys last: if nobody says, and at most. 0 is no end.

    `most_of_one` is how many usable ones one user has at most.
    """

    usual_days: int
    most_days: int
    most_of_one: int


def granted_scopes(actor: Actor, requested: frozenset[Scope] | None) -> frozenset[Scope]:
    """Return the scopes of a new key. Raises Forbidden for one that the caller's credential lacks.

    Nobody who names none gets a key without any: it would open nothing.
    """
    if requested is None:
        usual = with_parts(DEFAULT_SCOPES) & actor.scopes
        if not usual:
            actor.require_scope(Scope.READ)
        return without_parts(usual)
    for scope in sorted(requested - actor.scopes):
        actor.require_scope(scope)
    return requested


def granted_end(maker: ApiKey | None, days: int | None, now: datetime, terms: KeyTerms) -> datetime | None:
    """Return when a new key ends; what nobody has said never is later than the key that makes it.

    Raises Forbidden if it was said and is later than that, Invalid for more than keys have here.
    """
    makers = None if maker is None else maker.expires_at
    if days is None:
        return earlier(makers, after_days(terms.usual_days, now))
    if terms.most_days and not 1 <= days <= terms.most_days:
        raise Invalid.field("expires_in_days", text("must be 1 to {limit} days here", limit=terms.most_days))
    requested = after_days(days, now)
    if makers is not None and (requested is None or requested > makers):
        raise Forbidden(text("a key cannot make one that outlives it"), expires_at=clock.rfc3339(makers))
    return requested


def as_long_again(key: ApiKey, now: datetime, terms: KeyTerms) -> datetime | None:
    """Return when a key ends that begins now and lasts as long as `key` was made to last.

    One that was made without an end, before keys had one here, lasts as long as new ones do.
    """
    if key.expires_at is not None:
        return now + (key.expires_at - key.created_at)
    return after_days(terms.usual_days, now) if terms.most_days else None


def after_days(days: int, now: datetime) -> datetime | None:
    """Return the end of what lasts so many days, None if that is no end."""
    return now + timedelta(days=days) if days else None


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two ends; None never comes."""
    given = [end for end in (one, other) if end is not None]
    return min(given, default=None)
