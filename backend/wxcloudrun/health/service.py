"""Whether everything that the service stands on answers."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.health import queries
from wxcloudrun.health.errors import NotReady
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.queue.port import QueueUnavailable, WakeUps
from wxcloudrun.kit.storage.port import BlobStore, StoreUnavailable


class HealthService:
    """Looks at the database, at the blob store and at the queue through which workers are woken."""

    def __init__(self, *, blobs: BlobStore, queue: WakeUps) -> None:
        self._blobs = blobs
        self._queue = queue

    def check(self) -> None:
        """Return if all is well. Raises NotReady, which names what is down."""
        # At the same time, because each may take some seconds to be found out.
        with ThreadPoolExecutor(2) as beside:
            store, queue = beside.submit(self._store), beside.submit(self._wake_ups)
            answers = {
                "database": self._database(),
                "blob_store": store.result(),
                "queue": queue.result(),
            }
        down = [name for name, does_answer in answers.items() if not does_answer]
        if down:
            raise NotReady(f"not ready: {', '.join(down)}", down=down)

    def _database(self) -> bool:
        try:
            with reading() as session:
                queries.ping(session)
        except SQLAlchemyError:
            return False
        return True

    def _wake_ups(self) -> bool:
        try:
            self._queue.check()
        except QueueUnavailable:
            return False
        return True

    def _store(self) -> bool:
        try:
            self._blobs.check()
        except StoreUnavailable:
            return False
        return True
