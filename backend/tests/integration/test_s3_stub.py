"""The store contract over the small S3 server of the tests, so that its misbehaviour proves something."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.blob_store_contract import BlobStoreContract
from tests.support.s3_stub import BUCKET, S3Stub
from wxcloudrun.stores.blobs.minio import MinioBlobStore, S3Location
from wxcloudrun.stores.blobs.port import BlobStore


class TestS3Stub(BlobStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[MinioBlobStore]:
        """The adapter under test."""
        with S3Stub(tmp_path).running() as stub:
            yield store_of(stub)

    def leftovers(self, store: BlobStore) -> list[str]:
        """Return multipart uploads that nobody ended."""
        return list(store.unfinished())


def store_of(stub: S3Stub) -> MinioBlobStore:
    """Return a store on that server."""
    location = S3Location(stub.endpoint, "access", "secret", BUCKET, secure=False)
    return MinioBlobStore(location, max_object_bytes=10 * 1024**3)
