"""The documents of npm's protocol, as they are read and written."""

import json
from typing import Any


def encoded(value: Any) -> bytes:
    """Return JSON without blanks, in ASCII."""
    return json.dumps(value, separators=(",", ":")).encode()
