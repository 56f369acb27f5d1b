"""The events of tags."""

from wxcloudrun.kit.events import EventKind

TAG_MOVED = EventKind("tag.moved")
TAG_DELETED = EventKind("tag.deleted")
