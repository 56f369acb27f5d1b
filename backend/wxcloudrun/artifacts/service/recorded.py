"""One entry in the audit log for each run of maintenance that has changed something.

A run has many transactions, so its entry has one of its own at the end; it is written as well when the
run fails half-way, for what is done by then stays done.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from wxcloudrun.audit.service.record import record
from wxcloudrun.kit.db import atomically
from wxcloudrun.kit.security import SYSTEM

STORE = "store"


@contextmanager
def recorded(action: str, figures: Callable[[], Mapping[str, int]], *, what: str = STORE) -> Iterator[None]:
    """Write down what the block has changed: those of its figures that are not nought, if there are any."""
    try:
        yield
    finally:
        changes = {name: count for name, count in figures().items() if count}
        if changes:
            atomically(lambda tx: record(tx, SYSTEM, action, what, after=changes))
