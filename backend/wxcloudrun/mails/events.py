"""The events of mails."""

from wxcloudrun.kit.events import EventKind

EMAIL_VERIFIED = EventKind("email.verified")
PASSWORD_RECOVERED = EventKind("password.recovered")
