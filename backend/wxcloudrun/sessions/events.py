"""The events of login sessions."""

from wxcloudrun.kit.events import EventKind

SESSION_OPENED = EventKind("session.opened")
SESSION_PROVED = EventKind("session.proved")
SESSION_ENDED = EventKind("session.ended")
