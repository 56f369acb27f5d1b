"""The events of credentials."""

from wxcloudrun.kit.events import EventKind

CREDENTIAL_REVOKED = EventKind("credential.revoked")
