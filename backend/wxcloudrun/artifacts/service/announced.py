"""One event for each run of maintenance that has changed something.

A run has many transactions, so its event has one of its own at the end; it is announced as well when the
run fails half-way, for what is done by then stays done.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from wxcloudrun.kit.db import atomically
from wxcloudrun.kit.events import EventKind, Subject, announce
from wxcloudrun.kit.security import SYSTEM

STORE = Subject("store")


@contextmanager
def announced(kind: EventKind, figures: Callable[[], Mapping[str, int]]) -> Iterator[None]:
    """Announce what the block has changed: those of its figures that are not nought, if there are any."""
    try:
        yield
    finally:
        changes = {name: count for name, count in figures().items() if count}
        if changes:
            atomically(lambda tx: announce(tx, SYSTEM, kind, STORE, after=changes))
