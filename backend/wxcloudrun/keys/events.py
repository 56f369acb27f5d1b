"""The events of API keys."""

from wxcloudrun.kit.events import EventKind

KEY_MADE = EventKind("key.made")
KEY_ROTATED = EventKind("key.rotated")
KEY_REVOKED = EventKind("key.revoked")
