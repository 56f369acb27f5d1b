"""How the service says that it cannot work."""

from typing import ClassVar

from wxcloudrun.kit.errors import Unavailable
from wxcloudrun.kit.trouble import Trouble

PARTS = ["database", "blob_store", "queue"]


class NotReady(Unavailable):
    """Something that the service needs does not work; `down` names it, `causes` says why."""

    reason = "not_ready"
    described_facts: ClassVar = {
        "down": {"type": "array", "items": {"enum": PARTS}},
        "causes": {"type": "object", "additionalProperties": {"enum": [each.value for each in Trouble]}},
    }
