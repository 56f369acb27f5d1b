"""Whether everything that the service stands on answers."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.health import queries
from wxcloudrun.health.errors import NotReady
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.storage.port import BlobStore, StoreUnavailable


class HealthService:
    """Looks at the database and at the blob store."""

    def __init__(self, *, blobs: BlobStore) -> None:
        self._blobs = blobs

    def check(self) -> None:
        """Return if all is well. Raises NotReady, which names what is down."""
        # At the same time, because each may take some seconds to be found out.
        with ThreadPoolExecutor(1) as beside:
            store = beside.submit(self._store)
            answers = {"database": self._database(), "blob_store": store.result()}
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

    def _store(self) -> bool:
        try:
            self._blobs.check()
        except StoreUnavailable:
            return False
        return True
