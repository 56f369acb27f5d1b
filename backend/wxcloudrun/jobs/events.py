"""The events of periodic tasks."""

from wxcloudrun.kit.events import EventKind

TASK_CHANGED = EventKind("task.changed")
