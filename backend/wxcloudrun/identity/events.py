"""What can happen to credentials."""

from wxcloudrun.kit.events import EventKind

CREDENTIAL_REVOKED = EventKind("credential.revoked")
