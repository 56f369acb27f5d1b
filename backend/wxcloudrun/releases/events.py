"""The events of releases."""

from wxcloudrun.kit.events import EventKind

RELEASE_CREATED = EventKind("release.created")
RELEASE_RETRIED = EventKind("release.retried")
RELEASE_FAILED = EventKind("release.failed")
RELEASE_ACTIVATED = EventKind("release.activated")
RELEASE_DEACTIVATED = EventKind("release.deactivated")
