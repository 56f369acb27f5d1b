"""The events of versions and their files."""

from wxcloudrun.kit.events import EventKind

VERSION_MADE = EventKind("version.made")
VERSION_CHANGED = EventKind("version.changed")
VERSION_SEALED = EventKind("version.sealed")
VERSION_RECOUNTED = EventKind("version.recounted")
VERSION_DELETED = EventKind("version.deleted")
FILE_ADDED = EventKind("file.added")
FILE_DELETED = EventKind("file.deleted")
