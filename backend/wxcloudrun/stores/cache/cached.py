"""`@cached`: the way in which a function in a domain's `queries.py` declares that its result may be kept.

Such a function reads many rows to find something small. Its caller

1. recalls what was found the last time, outside of any transaction;
2. asks the database, in the statement that it needs anyway, whether that still holds;
3. settles the question: counts a hit, or works it out again and keeps that.

So what is wrong is never served, however old it is. Forgetting makes room and saves a useless step 2; which
events it follows from stands in `wiring/listeners.py`, and correctness does not depend on it. Who may see the
result is decided before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import current_app
from sqlalchemy.orm import Session

from wxcloudrun.stores.cache.port import Cache, EntryKind, Key

type Work[T] = Callable[[Session, int, str], T]


@dataclass(frozen=True, slots=True)
class Cached[T]:
    """A function `(session, group, name) -> T` whose results are kept by group and name."""

    work: Work[T]
    kind: EntryKind[T]

    def __call__(self, session: Session, group: int, name: str) -> T:
        """Work it out, whatever the cache has."""
        return self.work(session, group, name)

    def recall(self, group: int, name: str) -> T | None:
        """Return what was worked out the last time; the world may have changed since."""
        return cache().get(self._key(group, name))

    def settle(self, group: int, name: str, fresh: T | None) -> None:
        """Count a hit if nothing had to be worked out, else count a miss and keep what was."""
        cache().count(was_hit=fresh is None)
        if fresh is not None:
            cache().put(self._key(group, name), fresh)

    def forget(self, group: int) -> None:
        """Let go of what was kept of a group."""
        cache().forget(self.kind, str(group))

    def _key(self, group: int, name: str) -> Key[T]:
        return Key(self.kind, str(group), name)


def cached[T](shape: type[T]) -> Callable[[Work[T]], Cached[T]]:
    """Let results be kept. `shape` is the frozen dataclass that they are, never a row."""

    def decorate(work: Work[T]) -> Cached[T]:
        return Cached(work, EntryKind(work.__name__, shape))

    return decorate


def cache() -> Cache:
    """Return the cache of the application at hand."""
    return cast("Cache", current_app.extensions["cache"])
