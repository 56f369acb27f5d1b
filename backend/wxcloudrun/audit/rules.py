"""What an entry says in bytes, and the keyed hashes that tie entries together; no clock, no SQL."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from wxcloudrun.kit.clock import rfc3339
from wxcloudrun.kit.derived_keys import DerivedKey, KeyRing
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


class Hashes:
    """One message under the keys of a ring, each hash made when it is needed."""

    def __init__(self, message: bytes, ring: KeyRing) -> None:
        self._message = message
        self._ring = ring

    @property
    def newest(self) -> str:
        """What is to be written."""
        return self._under(self._ring.newest)

    def include(self, written: str | None) -> bool:
        """Tell whether `written` was made of this message with any key that is accepted."""
        return any(self._under(key) == written for key in self._ring.accepted)

    def _under(self, key: DerivedKey) -> str:
        return hmac.digest(key.value, self._message, hashlib.sha256).hex()


class ChainKeys:
    """The keyed hashes of the chain. Who has only the database can make none of them.

    Of each there are several while the server's secret is being changed: the first is what is written, and
    any of them is what may have been.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def digests(self, said: State) -> Hashes:
        """Return the hashes of everything that an entry says."""
        plain = {
            name: shortened(value) if isinstance(value, datetime) else value for name, value in said.items()
        }
        return self._hashes("entry", json.dumps(plain, sort_keys=True, ensure_ascii=False))

    def macs(self, before: str, *, position: int, entry_id: int, digest: str) -> Hashes:
        """Return the hashes of a link and, by the one before it, of all before it."""
        return self._hashes("link", f"{before} {position} {entry_id} {digest}")

    def seals(self, *, position: int, mac: str, settled_id: int) -> Hashes:
        """Return the hashes of where the chain ends."""
        return self._hashes("head", f"{position} {mac} {settled_id}")

    def _hashes(self, kind: str, text: str) -> Hashes:
        message = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return Hashes(message, self._ring)
