"""The events of second factors."""

from wxcloudrun.kit.events import EventKind

SECOND_FACTOR_ENABLED = EventKind("second_factor.enabled")
SECOND_FACTOR_DISABLED = EventKind("second_factor.disabled")
RECOVERY_CODES_MADE = EventKind("recovery_codes.made")
RECOVERY_CODE_USED = EventKind("recovery_code.used")
