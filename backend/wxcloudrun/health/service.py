"""Whether everything that the service stands on answers."""

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
        down = [
            name
            for name, answers in (("database", self._database), ("blob_store", self._store))
            if not answers()
        ]
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
