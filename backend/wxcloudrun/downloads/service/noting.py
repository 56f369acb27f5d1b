"""Writing down who reads, where the settings ask for it."""

from wxcloudrun.downloads.events import ARTIFACT_DOWNLOADED, LINK_MADE
from wxcloudrun.downloads.service.resolve import Resolved
from wxcloudrun.kit.db import atomically
from wxcloudrun.kit.events import State, announce
from wxcloudrun.kit.security import Actor


class ReadingLog:
    """Writes an entry before the bytes or the link go out: what cannot be written down is not handed out."""

    def __init__(self, *, downloads: bool, links: bool) -> None:
        self._downloads = downloads
        self._links = links

    def downloaded(self, actor: Actor, resolved: Resolved) -> None:
        """Note that somebody gets the bytes, if it is in a private project."""
        if self._downloads and not resolved.package.access.is_public:
            subject, state = resolved.package.subject(), shown(resolved)
            atomically(lambda tx: announce(tx, actor, ARTIFACT_DOWNLOADED, subject, after=state))

    def linked(self, actor: Actor, resolved: Resolved) -> None:
        """Note that somebody gets a link, by which whoever has it gets the bytes."""
        if self._links:
            subject, state = resolved.package.subject(), shown(resolved)
            atomically(lambda tx: announce(tx, actor, LINK_MADE, subject, after=state))


def shown(resolved: Resolved) -> State:
    """Return what the entry says of the bytes."""
    return {"artifact_id": resolved.target.artifact_id, "name": resolved.target.original_name}
