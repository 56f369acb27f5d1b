"""Writing down who reads, where the settings ask for it."""

from wxcloudrun.downloads.events import ARTIFACT_DOWNLOADED, LINK_MADE
from wxcloudrun.downloads.service.resolve import Resolved
from wxcloudrun.kit.db import atomically
from wxcloudrun.kit.events import EventKind, announce
from wxcloudrun.kit.security import Actor


class ReadingLog:
    """Writes an entry before the bytes or the link go out: what cannot be written down is not handed out."""

    def __init__(self, *, downloads: bool, links: bool) -> None:
        self._downloads = downloads
        self._links = links

    def downloaded(self, actor: Actor, resolved: Resolved) -> None:
        """Note that somebody gets the bytes, if it is in a private project."""
        if self._downloads and not resolved.package.access.is_public:
            self._note(actor, ARTIFACT_DOWNLOADED, resolved)

    def linked(self, actor: Actor, resolved: Resolved) -> None:
        """Note that somebody gets a link, by which whoever has it gets the bytes."""
        if self._links:
            self._note(actor, LINK_MADE, resolved)

    def _note(self, actor: Actor, kind: EventKind, resolved: Resolved) -> None:
        state = {"artifact_id": resolved.target.artifact_id, "name": resolved.target.original_name}
        subject = resolved.package.subject()
        atomically(lambda tx: announce(tx, actor, kind, subject, after=state))
