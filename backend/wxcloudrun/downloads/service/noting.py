"""Writing down who reads, where the settings ask for it."""

from wxcloudrun.downloads.events import ARTIFACT_DOWNLOADED, LINK_MADE
from wxcloudrun.downloads.service.resolve import Resolved
from wxcloudrun.kit.db import atomically
from wxcloudrun.kit.events import State, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.stores.limits.port import Counter, RateCounters, RateLimit

ONE_OF_ITS_PARTS = RateLimit(1, 300)  # who fetches in parts leaves one entry within so many seconds


class ReadingLog:
    """Writes an entry before the bytes or the link go out: what cannot be written down is not handed out."""

    def __init__(self, *, counters: RateCounters, downloads: bool, links: bool) -> None:
        self._counters = counters
        self._downloads = downloads
        self._links = links

    def downloaded(self, actor: Actor, resolved: Resolved, *, is_part: bool) -> None:
        """Note that somebody gets the bytes, if it is in a private project.

        Of parts, whichever they are, the first is noted that a credential gets of the bytes in a while.
        """
        if not self._downloads or resolved.package.access.is_public:
            return
        parts = [part_counter(actor, resolved)] if is_part else []
        if parts and ONE_OF_ITS_PARTS.is_passed_by(self._counters.hit(parts)[0]):
            return
        subject, state = resolved.package.subject(), shown(resolved)
        try:
            atomically(lambda tx: announce(tx, actor, ARTIFACT_DOWNLOADED, subject, after=state))
        except BaseException:  # no bytes go out, and the next part has to be noted
            self._counters.take_back(parts)
            raise

    def linked(self, actor: Actor, resolved: Resolved) -> None:
        """Note that somebody gets a link, by which whoever has it gets the bytes."""
        if self._links:
            subject, state = resolved.package.subject(), shown(resolved)
            atomically(lambda tx: announce(tx, actor, LINK_MADE, subject, after=state))


def part_counter(actor: Actor, resolved: Resolved) -> Counter:
    """Count the parts that a credential gets of some bytes in a package."""
    credential = f"{actor.credential}/{actor.user_id}/{actor.credential_id}"
    subject = (credential, resolved.package.subject().path, resolved.target.artifact_id)
    return Counter.of("parts", ONE_OF_ITS_PARTS, *subject)


def shown(resolved: Resolved) -> State:
    """Return what the entry says of the bytes."""
    return {"artifact_id": resolved.target.artifact_id, "name": resolved.target.original_name}
