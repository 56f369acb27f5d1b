"""`@cached`: the way in which a function in a domain's `queries.py` declares that its result may be kept.

Such a function reads many rows to find something small. Its caller

1. recalls what was found the last time, outside of any transaction;
2. asks the database, in the statement that it needs anyway, whether that still holds;
3. settles the question: counts a hit, or works it out again and keeps that.

So what is wrong is never served, however old it is. Purging makes room and saves a useless step 2; it is
done after the commit, and correctness does not depend on it. Who may see the result is decided before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from flask import current_app
from sqlalchemy.orm import Session

from wxcloudrun.kit import db
from wxcloudrun.stores.cache.port import Cache, EntryKind, Key

type Work[T] = Callable[[Session, int, str], T]
type GroupOf = Callable[[Any], int]


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

    def _key(self, group: int, name: str) -> Key[T]:
        return Key(self.kind, str(group), name)


@dataclass(frozen=True, slots=True)
class Purge:
    """An effect of a commit: entries that it has made useless are forgotten."""

    kind: EntryKind[Any]
    group: str

    def __call__(self) -> None:
        """Forget them."""
        cache().forget(self.kind, self.group)


def cached[T](
    shape: type[T], *, purged_by: Mapping[type[db.Base], GroupOf]
) -> Callable[[Work[T]], Cached[T]]:
    """Let results be kept. `shape` is the frozen dataclass that they are, never a row.

    When rows of the tables in `purged_by` change, the entries of the groups that they belong to are
    forgotten, in the cache of this process or in the one that all share.
    """

    def decorate(work: Work[T]) -> Cached[T]:
        kind = EntryKind(work.__name__, shape)
        for model, group_of in purged_by.items():
            db.watch(model, partial(purge_after_commit, kind, group_of))
        return Cached(work, kind)

    return decorate


def purge_after_commit(kind: EntryKind[Any], group_of: GroupOf, tx: db.Transaction, row: Any) -> None:
    """Put a purge behind the commit of a change."""
    tx.after_commit(Purge(kind, str(group_of(row))), once=True)


def cache() -> Cache:
    """Return the cache of the application at hand."""
    return cast("Cache", current_app.extensions["cache"])
