"""The events of users."""

from wxcloudrun.kit.events import EventKind

USER_REGISTERED = EventKind("user.registered")
USER_CREATED = EventKind("user.created")
USER_CHANGED = EventKind("user.changed")
USER_DELETED = EventKind("user.deleted")
PASSWORD_CHANGED = EventKind("password.changed")
EMAIL_BOUND = EventKind("email.bound")
