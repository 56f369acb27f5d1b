"""What can happen to logins."""

from wxcloudrun.kit.events import EventKind

SESSION_OPENED = EventKind("session.opened")
SESSION_ENDED = EventKind("session.ended")
