"""The events of attempts to log in."""

from wxcloudrun.kit.events import EventKind

LOGIN_REFUSED = EventKind("login.refused")
