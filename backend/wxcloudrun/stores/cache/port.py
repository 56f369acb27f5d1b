"""The cache port: entries that are used again until they are old, forgotten, or pushed out.

An entry may vanish at any time, and one in Redis may have been overtaken while Redis could not be
reached. So whoever takes one compares it with what the database says in the same statement.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from pydantic import TypeAdapter


@dataclass(frozen=True)
class EntryKind[T]:
    """Entries of one sort: what they are called, and the frozen dataclass that they are."""

    name: str
    shape: type[T]

    @cached_property
    def wire(self) -> TypeAdapter[T]:
        """What turns an entry into JSON and back; JSON that has another shape is refused."""
        return TypeAdapter(self.shape)


@dataclass(frozen=True, slots=True)
class Key[T]:
    """Where an entry lies. Those of one `group` are forgotten together."""

    kind: EntryKind[T]
    group: str
    name: str


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """How a cache does; `entries` are those of everybody who shares it, the counts are this process's."""

    status: str
    entries: int
    hits: int
    misses: int
    evictions: int


class Cache(Protocol):
    """Keeps entries. No method raises: a cache that cannot be reached has no entries."""

    def get[T](self, key: Key[T]) -> T | None:
        """Return the entry, None if there is none."""

    def put[T](self, key: Key[T], entry: T) -> None:
        """Keep the entry for CACHE_TTL_SECONDS, in the place of the one used least recently if full."""

    def forget(self, kind: EntryKind[Any], group: str) -> None:
        """Drop the entries of a group."""

    def count(self, *, was_hit: bool) -> None:
        """Note whether what was asked for was there and still right."""

    def figures(self) -> CacheFigures:
        """Return how the cache does."""
