"""The events of artifacts and the blob store."""

from wxcloudrun.kit.events import EventKind

STORE_COLLECTED = EventKind("store.collected")
STORE_SWEPT = EventKind("store.swept")
STORE_REPAIRED = EventKind("store.repaired")
STORE_REBUILT = EventKind("store.rebuilt")
OBJECT_RESTORED = EventKind("object.restored")
