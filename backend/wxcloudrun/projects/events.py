"""The events of projects and memberships."""

from wxcloudrun.kit.events import EventKind

PROJECT_CREATED = EventKind("project.created")
PROJECT_CHANGED = EventKind("project.changed")
PROJECT_DELETED = EventKind("project.deleted")
MEMBER_SET = EventKind("member.set")
MEMBER_SOUGHT = EventKind("member.sought")  # by an address that nobody has, or a member
MEMBER_REMOVED = EventKind("member.removed")
