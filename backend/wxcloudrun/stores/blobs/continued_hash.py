"""Digests that another process can go on with: OpenSSL's own state of a hash, kept and put back.

hashlib can copy a hash and cannot write it down. The functions beneath it can, because their state is a
plain structure (SHA256_Init(3), deprecated and there since OpenSSL 3). How it is laid out belongs to the
library, so what is kept says which one made it, and it is tested before anybody relies on it. Where the test
fails, or the functions are hidden, nothing is kept and bytes are read again instead.
"""

import ctypes
import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from wxcloudrun.stores.blobs.measuring import FAST, Hash, HashThread, Measured

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
STATE_BYTES = 256  # more than any of the structures has
DIGEST_BYTES = {"sha256": 32, "sha1": 20, "md5": 16, "sha512": 64}
NAMES = {"sha256": "SHA256", "sha1": "SHA1", "md5": "MD5", "sha512": "SHA512"}
SIZES = {"sha256": 112, "sha1": 96, "md5": 92, "sha512": 216}  # of the structures
SAMPLE = bytes(range(256)) * 5


@dataclass(frozen=True, slots=True)
class Functions:
    """The three functions of one digest."""

    init: Any
    update: Any
    final: Any


class KeptHash:
    """One hash whose state can be kept."""

    def __init__(self, name: str, state: bytes | None = None) -> None:
        self._name = name
        self._functions = functions_of(name)
        self._state = ctypes.create_string_buffer(STATE_BYTES)
        if state is None:
            self._functions.init(self._state)
        else:
            ctypes.memmove(self._state, state, len(state))

    def update(self, block: bytes) -> None:
        """Take more bytes in; others may run meanwhile."""
        self._functions.update(self._state, block, len(block))

    def kept(self) -> bytes:
        """Return the state."""
        return self._state.raw[: SIZES[self._name]]

    def hexdigest(self) -> str:
        """Return the digest so far, in lower-case hex."""
        copy = KeptHash(self._name, self.kept())
        digest = ctypes.create_string_buffer(DIGEST_BYTES[self._name])
        copy._functions.final(digest, copy._state)  # its own class
        return digest.raw.hex()


type Take = Callable[[bytes], None]


@contextmanager
def taking(hashes: Mapping[str, Hash]) -> Iterator[Take]:
    """Give what takes blocks into hashes, the slow ones in a thread; at the end all have all of them."""
    fast = [each for name, each in hashes.items() if name in FAST]
    slow = HashThread(*(each for name, each in hashes.items() if name not in FAST))

    def take(block: bytes) -> None:
        slow.feed(block)
        for each in fast:
            each.update(block)

    try:
        yield take
    finally:
        slow.finish()


class RunningDigests:
    """Several digests of the same bytes, which go on where they were kept."""

    def __init__(self, hashes: dict[str, KeptHash]) -> None:
        self._hashes = hashes

    @classmethod
    def fresh(cls, names: Collection[str]) -> Self:
        """Begin with no bytes."""
        return cls({name: KeptHash(name) for name in NAMES if name in {"sha256", *names}})

    @classmethod
    def restored(cls, kept: bytes) -> Self:
        """Go on with what `kept` gave."""
        names, _, states = kept.partition(b"\0")
        hashes, start = dict[str, KeptHash](), 0
        for name in names.decode().split(","):
            hashes[name] = KeptHash(name, states[start : start + SIZES[name]])
            start += SIZES[name]
        return cls(hashes)

    def update(self, block: bytes) -> None:
        """Take more bytes in."""
        for each in self._hashes.values():
            each.update(block)

    def taking(self) -> AbstractContextManager[Take]:
        """Give what takes long input in, in two threads; it is in when the context has ended."""
        return taking(self._hashes)

    def kept(self) -> bytes:
        """Return what another process goes on with, some hundred bytes."""
        states = b"".join(each.kept() for each in self._hashes.values())
        return ",".join(self._hashes).encode() + b"\0" + states

    def measured(self, size_bytes: int) -> Measured:
        """Return the digests of all bytes so far, which the caller has counted."""
        return Measured(size_bytes, **{name: each.hexdigest() for name, each in self._hashes.items()})


class PlainDigests:
    """The same by hashlib, where nothing can be kept."""

    def __init__(self, names: Collection[str]) -> None:
        wanted = [name for name in NAMES if name in {"sha256", *names}]
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in wanted}

    def update(self, block: bytes) -> None:
        """Take more bytes in."""
        for each in self._hashes.values():
            each.update(block)

    def taking(self) -> AbstractContextManager[Take]:
        """Give what takes long input in, in two threads; it is in when the context has ended."""
        return taking(self._hashes)

    def measured(self, size_bytes: int) -> Measured:
        """Return the digests of all bytes so far."""
        return Measured(size_bytes, **{name: each.hexdigest() for name, each in self._hashes.items()})


def running_digests(names: Collection[str]) -> RunningDigests | PlainDigests:
    """Return digests of no bytes yet, such as can be kept if that is possible."""
    return PlainDigests(names) if maker() is None else RunningDigests.fresh(names)


@cache
def maker() -> str | None:
    """Return by whom a state that is kept now is made, None if none can be kept.

    It names the library and this start of the machine: what was kept before another start may speak of bytes
    that the disk has lost since.
    """
    try:
        library().OpenSSL_version.restype = ctypes.c_char_p
        version = library().OpenSSL_version(0).decode("ascii", "replace")
        if not all(works(name) for name in NAMES):
            return None
        return f"{version[:60]};{BOOT_ID.read_text().strip()}"
    except (AttributeError, OSError):
        return None


def this_start() -> str:
    """Return the name of this start of the machine, nothing if states cannot be kept here."""
    return (maker() or "").rpartition(";")[2]


def works(name: str) -> bool:
    """Keep a hash at several places, go on with it, and compare it with hashlib's."""
    for cut in (0, 1, 63, 64, 200, 1024, len(SAMPLE)):
        first = KeptHash(name)
        first.update(SAMPLE[:cut])
        second = KeptHash(name, first.kept())
        second.update(SAMPLE[cut:])
        if second.hexdigest() != hashlib.new(name, SAMPLE, usedforsecurity=False).hexdigest():
            return False
    return True


@cache
def library() -> ctypes.CDLL:
    """Return the library that hashlib uses. Raises OSError, AttributeError."""
    import _hashlib  # noqa: PLC0415  # a Python may be without it

    return ctypes.CDLL(_hashlib.__file__)


@cache
def functions_of(name: str) -> Functions:
    """Return the functions of one digest. Raises AttributeError if they are hidden."""
    init, update, final = (
        getattr(library(), f"{NAMES[name]}_{each}") for each in ("Init", "Update", "Final")
    )
    init.argtypes = [ctypes.c_void_p]
    update.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    final.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    return Functions(init, update, final)
