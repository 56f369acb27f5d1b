"""How the service says that it cannot work."""

from typing import ClassVar

from wxcloudrun.kit.errors import Unavailable


class NotReady(Unavailable):
    """Something that the service needs is down; `down` names it."""

    reason = "not_ready"
    described_facts: ClassVar = {"down": {"type": "array", "items": {"type": "string"}}}
