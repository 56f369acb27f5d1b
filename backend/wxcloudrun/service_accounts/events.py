"""The events of service accounts."""

from wxcloudrun.kit.events import EventKind

SERVICE_ACCOUNT_CREATED = EventKind("service_account.created")
SERVICE_ACCOUNT_CHANGED = EventKind("service_account.changed")
SERVICE_ACCOUNT_DELETED = EventKind("service_account.deleted")
