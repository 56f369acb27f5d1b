"""Keeping a lease alive while something takes its time."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.kit.db import Transaction, atomically, on_this_database

logger = logging.getLogger(__name__)

Renew = Callable[[Transaction], bool]
BEATS = 3  # in one lease: one or two may be missed


@contextmanager
def kept_alive(what: str, renew: Renew, lease_seconds: float) -> Iterator[None]:
    """Renew a lease in a thread of its own for as long as the block lasts, or until it is lost."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(lease_seconds / BEATS):
            try:
                if not atomically(renew):
                    return
            except SQLAlchemyError as error:
                cause = type(error).__name__
                logger.warning("lease_not_renewed", extra={"holder_of": what, "cause": cause})

    thread = threading.Thread(target=on_this_database(beat), name=f"lease of {what}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
