"""Writing down who was refused what, where the settings ask for it."""

from wxcloudrun.audit.events import REQUEST_REFUSED
from wxcloudrun.kit.db import atomically
from wxcloudrun.kit.errors import AppError, Forbidden, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.net.addresses import UNKNOWN, client_group
from wxcloudrun.stores.limits.port import Counter, RateCounters, RateLimit, is_milestone

HOUR = RateLimit(1, 3600)


class RefusalLog:
    """Writes down the 1st, 10th, 100th refusal of an hour, of one caller at one operation."""

    def __init__(self, *, counters: RateCounters) -> None:
        self._counters = counters

    def note(self, actor: Actor, *, operation: str, error: AppError) -> None:
        """Count a refusal of what the caller may not do, and write some of them down."""
        if not isinstance(error, Unauthorized | Forbidden):
            return
        who = f"user {actor.user_id}" if actor.user_id else client_group(actor.address or UNKNOWN)
        [tally] = self._counters.hit([Counter.of("refusals", HOUR, who, operation, error.reason)])
        if is_milestone(tally.hits):
            state = {"reason": error.reason, "refusals": tally.hits}
            subject = Subject(f"operation/{operation}")
            atomically(lambda tx: announce(tx, actor, REQUEST_REFUSED, subject, after=state))
