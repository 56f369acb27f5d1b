"""The events of reading; they happen only where the settings ask for them."""

from wxcloudrun.kit.events import EventKind

ARTIFACT_DOWNLOADED = EventKind("artifact.downloaded")
LINK_MADE = EventKind("link.made")
