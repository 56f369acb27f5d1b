"""The only place that removes objects which a row once named, or which nothing names at all.

A pending deletion is written in the transaction that takes the last name from an object. It is carried
out after the commit and not before the last link to the object has expired. Keys are never used twice,
so a deletion that is late, or carried out twice, cannot hit anything that lives.
"""

import logging
from datetime import datetime, timedelta

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.models import PendingDeletion
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, insertion, reading
from wxcloudrun.stores.blobs.port import BlobStore

logger = logging.getLogger(__name__)

BATCH = 200


class DeletionService:
    """Lets the objects go that are on the list of those that have to."""

    def __init__(self, *, blobs: BlobStore) -> None:
        self._blobs = blobs

    def carry_out(self) -> int:
        """Remove every object whose time has come; return how many. Raises StoreUnavailable."""
        removed, after = 0, ""
        while keys := self._due(after):
            after = keys[-1]
            self._remove(keys)
            removed += len(keys)
        return removed

    def count_due(self) -> int:
        """Return how many objects `carry_out` would remove."""
        with reading() as session:
            return queries.count_deletions(session, queries.may_go(clock.now()))

    def waiting(self) -> tuple[int, datetime | None]:
        """Return how many objects have to go, and when the last of those may that have to wait."""
        with reading() as session:
            return queries.count_deletions(session), queries.last_deletion(session, clock.now())

    def _due(self, after: str) -> list[str]:
        with reading() as session:
            return queries.due_deletions(session, clock.now(), BATCH, after)

    def _remove(self, keys: list[str]) -> None:
        with reading() as session:
            held = queries.held_keys(session, keys)
        for key in keys:
            if key in held:  # impossible, and worth one look before something that cannot be undone
                logger.error("deletion_of_a_live_object_refused", extra={"key": key})
                continue
            self._blobs.abort(key)
            self._blobs.delete(key)
        atomically(lambda tx: queries.forget_deletions(tx.session, keys))


def put_down(tx: Transaction, key: str, *, after_seconds: int = 0) -> None:
    """Let the object with this key go once the transaction has committed and the time is over."""
    now = clock.now()
    not_before = now + timedelta(seconds=after_seconds)
    values = {"object_key": key, "created_at": now, "not_before": not_before}
    tx.connection.execute(insertion(PendingDeletion), values)
