"""The events of packages."""

from wxcloudrun.kit.events import EventKind

PACKAGE_CREATED = EventKind("package.created")
PACKAGE_CHANGED = EventKind("package.changed")
PACKAGE_DELETED = EventKind("package.deleted")
