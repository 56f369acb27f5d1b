"""What can happen to what is done again and again."""

from wxcloudrun.kit.events import EventKind

TASK_CHANGED = EventKind("task.changed")
