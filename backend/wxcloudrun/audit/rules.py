"""What an entry says in bytes, and the keyed hashes that tie entries together; no clock, no SQL."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from wxcloudrun.kit.clock import rfc3339
from wxcloudrun.kit.events import State
from wxcloudrun.secrecy.derived_keys import DerivedKey, KeyRing, Purpose, ServerKeys
from wxcloudrun.secrecy.sealing import Sealing

MAX_TEXTS = (200, 64, 24)  # characters; 32 properties with the longest names fit with the last
MAX_STATE_LENGTH = 4000
GENESIS = "0" * 64  # stands before the first link
NONCE_LENGTH = 16
BIRTH = "birth"
# What a line raises that is no JSON, or not what was written.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something that gets a keyed hash; of two kinds, no hash fits the other."""

    kind: str
    text: str


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


@dataclass(frozen=True, slots=True)
class FormerKey:
    """A key that a secret of the server had for the log which was exchanged since."""

    purpose: Purpose
    key: DerivedKey

    def written(self) -> str:
        """Write the key down, to be sealed: with its purpose and name, so that none stands in for another."""
        return json.dumps([self.purpose, self.key.name, self.key.value.hex()])


def read_former_key(text: str) -> FormerKey:
    """Read what `FormerKey.written` made."""
    purpose, name, key = json.loads(text)
    return FormerKey(Purpose(purpose), DerivedKey(name, bytes.fromhex(key)))


class AuditKeys:
    """The keyed hashes of the log. Who has only the database can make none of them.

    The newest key of a ring signs, all of them verify: the secret of the server is exchanged while what an
    earlier one has sealed is still told from what somebody else has written.
    """

    def __init__(self, *, chain: KeyRing, entries: KeyRing, sealing: Sealing) -> None:
        self._chain = chain
        self._entries = entries
        self.sealing = sealing

    @classmethod
    def of(cls, server: ServerKeys) -> Self:
        """Return the keys that come from the secrets of the server."""
        return cls(
            chain=server.ring(Purpose.AUDIT_CHAIN),
            entries=server.ring(Purpose.AUDIT_ENTRIES),
            sealing=Sealing(server.ring(Purpose.FORMER_AUDIT_KEYS)),
        )

    def former(self) -> list[FormerKey]:
        """Return the keys that do not come from the newest secret: they are lost with the others."""
        rings = {Purpose.AUDIT_CHAIN: self._chain, Purpose.AUDIT_ENTRIES: self._entries}
        return [
            FormerKey(purpose, key)
            for purpose, ring in rings.items()
            for key in ring.accepted
            if not self.has_newest(key)
        ]

    def has_newest(self, key: DerivedKey) -> bool:
        """Tell whether a key comes from the newest secret, in whatever way."""
        return key.name.partition(" ")[0] == self.sealing.newest_name

    def knowing(self, former: Iterable[FormerKey]) -> Self:
        """Return keys that verify what these did too; the same ones sign."""
        more = list(former)

        def with_more(ring: KeyRing, purpose: Purpose) -> KeyRing:
            return KeyRing((*ring.accepted, *(each.key for each in more if each.purpose == purpose)))

        return type(self)(
            chain=with_more(self._chain, Purpose.AUDIT_CHAIN),
            entries=with_more(self._entries, Purpose.AUDIT_ENTRIES),
            sealing=self.sealing,
        )

    def sign(self, said: Sealed) -> str:
        """Return the hash of what is said."""
        return keyed_hash(self._ring(said).newest.value, said)

    def fits(self, said: Sealed, mac: str) -> bool:
        """Tell whether that is the hash of what is said, under any of the keys."""
        found = mac.encode("utf-8", "surrogatepass")  # whatever somebody has written in its place
        hashes = (keyed_hash(key.value, said).encode() for key in self._ring(said).accepted)
        return any(hmac.compare_digest(each, found) for each in hashes)

    def born(self, said: State) -> str:
        """Return the seal that an entry gets when it is written."""
        nonce = secrets.token_hex(NONCE_LENGTH // 2)
        return nonce + self.sign(at_birth(said, nonce))

    def is_born(self, said: State, seal: str) -> bool:
        """Tell whether an entry was written by this service, as it stands there."""
        nonce, mac = seal[:NONCE_LENGTH], seal[NONCE_LENGTH:]
        return self.fits(at_birth(said, nonce), mac)

    def _ring(self, said: Sealed) -> KeyRing:
        return self._entries if said.kind == BIRTH else self._chain


def keyed_hash(key: bytes, said: Sealed) -> str:
    """Return the hash of what is said under a key."""
    message = f"{said.kind}\0{said.text}".encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, "sha256").hex()


def at_birth(said: State, nonce: str) -> Sealed:
    """Return what is sealed when an entry is written: all that it says, and a number of its own.

    The id is not known yet. The number makes two equal entries two, so that one that is copied is found.
    """
    return Sealed(BIRTH, f"{nonce} {plain(said, but='id')}")


def of_entry(said: State, seal: str | None) -> Sealed:
    """Return what a link holds of its entry: all that it says, with its id and its seal."""
    return Sealed("entry", plain(said) if seal is None else f"{seal} {plain(said)}")


def of_link(before: str, *, position: int, entry_id: int, digest: str) -> Sealed:
    """Return what a link holds of itself and, by the hash of the one before it, of all before it."""
    return Sealed("link", f"{before} {position} {entry_id} {digest}")


def plain(said: State, *, but: str = "") -> str:
    """Write what an entry says, its properties in one order."""
    values = {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in said.items()
        if name != but
    }
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: the only thing that has to be kept elsewhere to find that an end is missing.

    `counter` grows each time that the end is sealed. Entries up to `settled_id` are in the chain for good:
    no transaction is open any more that could still bring one.
    """

    counter: int
    position: int
    mac: str
    settled_id: int
    at: datetime | None  # None in heads from before there were counters

    @property
    def sealed(self) -> Sealed:
        """What the seal of a head is made of."""
        since = "" if self.at is None else f" {self.counter} {rfc3339(self.at)}"
        return Sealed("head", f"{self.position} {self.mac} {self.settled_id}{since}")

    def written(self, seal: str) -> str:
        """Write the head in one line for whoever keeps it elsewhere."""
        at = None if self.at is None else rfc3339(self.at)
        return json.dumps(
            {
                "counter": self.counter,
                "position": self.position,
                "mac": self.mac,
                "settled_id": self.settled_id,
                "at": at,
                "seal": seal,
            }
        )


def read_head(line: str) -> tuple[Head, str] | None:
    """Read a head from the line that `Head.written` made, whatever a log has put before it, and its seal.

    None if the line holds none.
    """
    try:
        found = json.loads(line[line.index("{") :])
        at = None if found["at"] is None else datetime.fromisoformat(found["at"]).astimezone(UTC)
        head = Head(
            int(found["counter"]), int(found["position"]), str(found["mac"]), int(found["settled_id"]), at
        )
        return head, str(found["seal"])
    except UNREADABLE:
        return None


def of_checkpoint(kind: str, *, position: int, mac: str, at: datetime) -> Sealed:
    """Return what a checkpoint says."""
    return Sealed("checkpoint", f"{kind} {position} {mac} {rfc3339(at)}")


def request_signature(secret: str, body: bytes) -> str:
    """Return the HMAC-SHA-256 by which the other side knows that a head comes from this service."""
    return hmac.digest(secret.encode(), body, "sha256").hex()
