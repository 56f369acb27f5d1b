"""The events of erasing."""

from wxcloudrun.kit.events import EventKind

ERASURE_FINISHED = EventKind("erasure.finished")
