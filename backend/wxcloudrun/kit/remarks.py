"""What a caller should know about something that was done: a warning beside a success."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wxcloudrun.kit.texts import Text

HEADER = "X-Registry-Warnings"


@dataclass(frozen=True, slots=True)
class Remark:
    """One warning: a stable slug that programs branch on, a sentence, and facts in a few words."""

    reason: str
    message: Text
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in the header, which is a JSON array of such objects in ASCII."""
        return {"reason": self.reason, "msg": self.message, **self.facts}
