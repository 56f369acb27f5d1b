"""Leases: the names that objects have while nobody owns them yet.

A committed row names the key before the first byte is written to it, so the sweeper keeps off. An upload
that dies leaves its lease behind, which ends by itself.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.artifacts import queries
from wxcloudrun.artifacts.service.deletions import put_down
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import Transaction, atomically, was_rolled_back
from wxcloudrun.kit.errors import Unavailable
from wxcloudrun.kit.texts import text

logger = logging.getLogger(__name__)

LEASE_SECONDS = 3600
LONGEST_LEASE = timedelta(days=7, hours=1)  # what collects an object for days asks for more
RENEW_SECONDS = 600


class LeasedKey:
    """A key under a lease, which ends with `end`, with `release`, or when its time is over."""

    def __init__(self, key: str) -> None:
        self.key = key
        self._is_handed_over = False
        self._renewed_at = clock.monotonic()

    @classmethod
    def opened(cls) -> "LeasedKey":
        """Lease a fresh key, committed when this returns."""
        key, now = ids.new_id(), clock.now()
        over_at = now + timedelta(seconds=LEASE_SECONDS)
        atomically(lambda tx: queries.open_lease(tx.connection, key, now=now, expires_at=over_at))
        return cls(key)

    def keep(self) -> None:
        """Renew the lease if some time has passed. Raises Unavailable if the sweeper has taken it."""
        if clock.monotonic() - self._renewed_at <= RENEW_SECONDS:
            return
        over_at = clock.now() + timedelta(seconds=LEASE_SECONDS)
        atomically(lambda tx: self.hold_until(tx, over_at))
        self._renewed_at = clock.monotonic()

    @contextlib.contextmanager
    def until_handed_over(self) -> Iterator[Self]:
        """Leave the object to the sweeper, and end the lease, unless the block ends without an exception.

        If the object may have an owner, the lease ends by itself or with that one.
        """
        try:
            yield self
        except BaseException as error:
            if self.may_have_owner(error):
                logger.warning("commit_outcome_unknown", extra={"key": self.key})
            else:
                self.release(must_go=True)
            raise

    def hand_over[T](self, work: Callable[[Transaction], T]) -> T:
        """Give the object its owner, in a transaction that is tried as `atomically` does."""

        def attempt(tx: Transaction) -> T:
            self._is_handed_over = False  # what the attempt before did was rolled back
            result = work(tx)
            self._is_handed_over = True
            return result

        return atomically(attempt)

    def may_have_owner(self, error: BaseException) -> bool:
        """Tell whether `hand_over`, of which this came, may have been committed all the same."""
        return self._is_handed_over and not was_rolled_back(error)

    def hold_until(self, tx: Transaction, expires_at: datetime) -> None:
        """Let the lease live until then, with the transaction. Raises Unavailable if it is over."""
        lease = queries.lease(tx.session, self.key)
        if lease is None:
            raise taken()
        lease.expires_at = expires_at

    def give_up(self, tx: Transaction) -> None:
        """End the lease with the transaction, and let the object go; the sweeper may have done both."""
        if queries.end_lease(tx.connection, self.key):
            put_down(tx, self.key)

    def end(self, tx: Transaction) -> None:
        """End the lease with the transaction. Raises Unavailable if the sweeper has taken it."""
        if not queries.end_lease(tx.connection, self.key):
            raise taken()

    def release(self, *, must_go: bool) -> None:
        """End the lease of an upload that was refused; with `must_go` its object is left to the sweeper.

        Raises nothing: if the database fails too, the lease ends by itself.
        """

        def work(tx: Transaction) -> None:
            if must_go:
                self.give_up(tx)
            else:
                queries.end_lease(tx.connection, self.key)

        try:
            atomically(work)
        except SQLAlchemyError as error:
            logger.warning("lease_left_to_sweeper", extra={"key": self.key, "cause": type(error).__name__})


def taken() -> Unavailable:
    """Refuse an upload whose object may have gone."""
    return Unavailable(text("the upload took too long and was given up; send it again"))
