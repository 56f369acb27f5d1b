"""What can happen to what is erased."""

from wxcloudrun.kit.events import EventKind

ERASURE_FINISHED = EventKind("erasure.finished")
