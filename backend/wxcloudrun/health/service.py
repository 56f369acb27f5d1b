"""Whether everything that the service stands on works."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from math import inf
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.health import queries
from wxcloudrun.health.errors import NotReady
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import database_disk_state, reading, transaction, trouble_with_database
from wxcloudrun.kit.texts import Text, joined, text
from wxcloudrun.kit.trouble import Trouble, trouble_of
from wxcloudrun.stores.blobs.port import BlobStore, StoreUnavailable
from wxcloudrun.stores.queue.port import QueueUnavailable, WakeUps

# No transaction of our own holds the lock for so long.
LOCK_SECONDS = 1.0


class HealthService:
    """Looks at the database, at the blob store and at the queue through which workers are woken."""

    def __init__(self, *, blobs: BlobStore, queue: WakeUps) -> None:
        self._blobs = blobs
        self._queue = queue
        self._lock = Lock()
        self._looked_at = -inf
        self._causes: Mapping[str, Trouble] = {}

    def check(self, asked_at: float) -> None:
        """Return if all is well. Raises NotReady, which names what is not and why.

        One look answers everybody who asked before it began: it takes milliseconds or seconds of all that
        the service stands on, and anybody may ask, a thousand at once.
        """
        with self._lock:
            if self._looked_at < asked_at:
                self._looked_at = clock.monotonic()
                self._causes = self._look()
            causes = self._causes
        if causes:
            what = joined([said(name, trouble) for name, trouble in causes.items()])
            raise NotReady(text("not ready: {what}", what=what), down=list(causes), causes=causes)

    def _look(self) -> Mapping[str, Trouble]:
        # At the same time, because each may take some seconds to be found out.
        with ThreadPoolExecutor(2) as beside:
            store, queue = beside.submit(self._store), beside.submit(self._wake_ups)
            found = {"database": database(), "blob_store": store.result(), "queue": queue.result()}
        return {name: trouble for name, trouble in found.items() if trouble is not None}

    def _wake_ups(self) -> Trouble | None:
        try:
            self._queue.check()
        except QueueUnavailable as error:
            return trouble_of(error.__cause__)
        return None

    def _store(self) -> Trouble | None:
        try:
            self._blobs.check()
        except StoreUnavailable as error:
            return error.trouble
        return None


def database() -> Trouble | None:
    """Return what is wrong with the database, None if it can be read and written to."""
    try:
        with reading() as session:
            queries.ping(session)
        with transaction(wait_seconds=LOCK_SECONDS) as tx:
            queries.change_nothing(tx.session)
    except SQLAlchemyError as error:
        return trouble_with_database(error) or Trouble.UNREACHABLE
    return database_disk_state()


def said(name: str, trouble: Trouble) -> Text:
    """Say what is wrong with one part."""
    match trouble:
        case Trouble.FULL:
            return text("the disk of {name} is full", name=name)
        case Trouble.LOCKED:
            return text("something else holds {name}", name=name)
        case Trouble.READ_ONLY:
            return text("{name} can only be read", name=name)
        case Trouble.UNREACHABLE:
            return text("{name} does not answer", name=name)
