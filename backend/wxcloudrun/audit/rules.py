"""What an entry says in bytes, and the keyed hashes that tie entries together; no clock, no SQL."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wxcloudrun.kit.clock import rfc3339
from wxcloudrun.kit.events import State

MAX_TEXTS = (200, 64, 24)  # characters; 32 properties with the longest names fit with the last
MAX_STATE_LENGTH = 4000
GENESIS = "0" * 64  # stands before the first link


def written(state: State | None) -> str | None:
    """Return a state as JSON that fits its column; long texts are cut, and their ends say so.

    They are cut the shorter the more there are; only of what does not fit even so, a digest is left.
    """
    if state is None:
        return None
    for max_text in MAX_TEXTS:
        text = json.dumps(shortened(state, max_text), ensure_ascii=False)
        if len(text) <= MAX_STATE_LENGTH:
            return text
    whole = json.dumps(shortened(state), ensure_ascii=False)
    return json.dumps({"sha256": hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()})


def shortened(value: Any, max_text: int = MAX_TEXTS[0]) -> Any:
    """Return what may stand in an entry for a value and for all that is in it."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Mapping):
        return {name: shortened(each, max_text) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [shortened(each, max_text) for each in value]
    if isinstance(value, str) and len(value) > max_text:
        return value[: max_text - 1] + "…"
    return value


class ChainKeys:
    """The keyed hashes of the chain. Who has only the database can make none of them."""

    def __init__(self, server_secret: str) -> None:
        self._key = hmac.digest(server_secret.encode(), b"audit chain", "sha256")

    def digest(self, said: State) -> str:
        """Return the hash of everything that an entry says."""
        plain = {
            name: shortened(value) if isinstance(value, datetime) else value for name, value in said.items()
        }
        return self._hash("entry", json.dumps(plain, sort_keys=True, ensure_ascii=False))

    def mac(self, before: str, *, position: int, entry_id: int, digest: str) -> str:
        """Return the hash of a link and, by the one before it, of all before it."""
        return self._hash("link", f"{before} {position} {entry_id} {digest}")

    def seal(self, *, position: int, mac: str, settled_id: int) -> str:
        """Return the hash of where the chain ends."""
        return self._hash("head", f"{position} {mac} {settled_id}")

    def _hash(self, kind: str, text: str) -> str:
        message = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
