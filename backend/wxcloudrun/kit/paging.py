"""One page of a list: where it starts, how long it is, where the next one starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MAX_LIMIT = 200
DEFAULT_LIMIT = 50

Position = int | str


@dataclass(frozen=True, slots=True)
class PageRequest[P: Position]:
    """At most `limit` rows behind the row whose key is `after` (None: from the start)."""

    limit: int = DEFAULT_LIMIT
    after: P | None = None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Rows, and the key of the last one if there are more behind it."""

    items: Sequence[T]
    next_after: Position | None

    @classmethod
    def cut(cls, rows: Sequence[T], limit: int, key: Callable[[T], Position]) -> "Page[T]":
        """Make a page of `rows`, which a query has fetched with one row more than `limit`."""
        items = rows[:limit]
        more = len(rows) > limit
        return cls(items, key(items[-1]) if more else None)
