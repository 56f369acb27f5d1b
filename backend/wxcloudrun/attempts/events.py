"""What can happen to those who try to get in."""

from wxcloudrun.kit.events import EventKind

LOGIN_REFUSED = EventKind("login.refused")
