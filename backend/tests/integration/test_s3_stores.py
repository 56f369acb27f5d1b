"""The blob store on real S3 servers: everything that every store promises, on two implementations."""

import hashlib
import io
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests
from minio import Minio
from minio.deleteobjects import DeleteObject

from tests.support.backing import backing
from tests.support.blob_store_contract import LINK, BlobStoreContract, generated, in_blocks, listing
from tests.support.builders import content
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.errors import Interrupted
from wxcloudrun.stores.blobs.minio import MinioBlobStore, S3Location
from wxcloudrun.stores.blobs.port import (
    BLOCK_BYTES,
    BlobStore,
    ObjectMissing,
    StoreUnavailable,
    object_path,
)

MAX_OBJECT_BYTES = 10 * 1024**3


class S3Contract(BlobStoreContract):
    """The contract over one server, in a bucket of its own."""

    server: str

    @pytest.fixture(scope="class")
    @classmethod
    def location(cls) -> Iterator[S3Location]:
        """A bucket that goes with the class."""
        found = backing().need(cls.server)
        bucket = f"test-{secrets.token_hex(6)}"
        location = S3Location(
            endpoint=str(found["endpoint"]),
            access_key=str(found["access_key"]),
            secret_key=str(found["secret_key"]),
            bucket=bucket,
            secure=False,
        )
        MinioBlobStore(location, max_object_bytes=MAX_OBJECT_BYTES).make_bucket()
        yield location
        admin = client_of(location)
        names = [str(found.object_name) for found in admin.list_objects(bucket, recursive=True)]
        list(admin.remove_objects(bucket, [DeleteObject(name) for name in names]))
        admin.remove_bucket(bucket)

    @pytest.fixture
    def store(self, location: S3Location, record_property: Callable[[str, object], None]) -> MinioBlobStore:
        """The adapter under test."""
        record_property("server", self.server)
        return MinioBlobStore(location, max_object_bytes=MAX_OBJECT_BYTES)

    def leftovers(self, store: BlobStore) -> list[str]:
        """Return multipart uploads that nobody ended."""
        return list(store.unfinished())

    def test_given_a_link_then_it_carries_our_name_and_type_and_needs_no_credentials(
        self, store: MinioBlobStore
    ) -> None:
        key = ids.new_id()
        store.write(key, [b"linked"])

        answer = requests.get(store.link(key, LINK), timeout=10)

        assert answer.content == b"linked"
        assert answer.headers["Content-Type"] == LINK.content_type
        assert answer.headers["Content-Disposition"] == LINK.content_disposition

    def test_given_a_link_that_was_changed_then_the_server_refuses(self, store: MinioBlobStore) -> None:
        key = ids.new_id()
        store.write(key, [b"linked"])
        other = ids.new_id()
        store.write(other, [b"secret"])

        link = store.link(key, LINK).replace(object_path(key), object_path(other))
        answer = requests.get(link, timeout=10)

        assert answer.status_code == 403

    def test_given_a_public_endpoint_then_links_name_it(self, location: S3Location) -> None:
        public = replace(location, public_endpoint="files.example.com")

        link = MinioBlobStore(public, max_object_bytes=1).link(ids.new_id(), LINK)

        assert link.startswith("http://files.example.com/")

    def test_given_no_bucket_then_the_store_says_that_it_does_not_work(self, location: S3Location) -> None:
        store = MinioBlobStore(replace(location, bucket="no-such-bucket"), max_object_bytes=1)

        with pytest.raises(StoreUnavailable):
            store.check()

    def test_given_wrong_keys_then_the_store_is_unavailable_and_not_empty(self, location: S3Location) -> None:
        store = MinioBlobStore(replace(location, secret_key="wrong"), max_object_bytes=1)

        with pytest.raises(StoreUnavailable):
            list(store.keys())
        with pytest.raises((StoreUnavailable, ObjectMissing)):
            store.read(ids.new_id())

    def test_given_bytes_of_a_known_length_then_the_server_tells_their_md5(
        self, store: MinioBlobStore
    ) -> None:
        data = content(6 * BLOCK_BYTES + 7)

        told = store.write(ids.new_id(), in_blocks(data), len(data))

        assert told == hashlib.md5(data, usedforsecurity=False).hexdigest()

    @pytest.mark.parametrize("blocks", [2, 5, 7, 10])
    def test_given_a_source_that_is_slow_then_a_part_is_sent_when_it_is_whole(
        self, store: MinioBlobStore, monkeypatch: pytest.MonkeyPatch, blocks: int
    ) -> None:
        real, ahead = clock.monotonic, [0.0]
        monkeypatch.setattr(clock, "monotonic", lambda: real() + ahead[0])
        data, key, begun = content(blocks * BLOCK_BYTES), ids.new_id(), set[str]()

        def slowly() -> Iterator[bytes]:
            for block in in_blocks(data):
                ahead[0] += 3
                begun.update(store.unfinished())
                yield block

        told = store.write(key, slowly(), len(data))

        assert b"".join(store.read(key)) == data
        assert told == (hashlib.md5(data, usedforsecurity=False).hexdigest() if blocks < 5 else None)
        assert (key in begun) is (blocks > 5)
        assert self.leftovers(store) == []

    @pytest.mark.parametrize("blocks", [2, 7])
    def test_given_a_slow_source_that_fails_then_nothing_remains(
        self, store: MinioBlobStore, monkeypatch: pytest.MonkeyPatch, blocks: int
    ) -> None:
        real, ahead = clock.monotonic, [0.0]
        monkeypatch.setattr(clock, "monotonic", lambda: real() + ahead[0])
        key = ids.new_id()

        def slowly() -> Iterator[bytes]:
            for block in in_blocks(content(blocks * BLOCK_BYTES)):
                ahead[0] += 3
                yield block
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            store.write(key, slowly(), blocks * BLOCK_BYTES + 1)

        assert store.size_of(key) is None
        assert self.leftovers(store) == []

    @pytest.mark.parametrize("missing_bytes", [1, -1, 8 * BLOCK_BYTES, 16 * BLOCK_BYTES, -8 * BLOCK_BYTES])
    def test_given_another_length_than_was_announced_then_it_is_refused_and_nothing_remains(
        self, store: MinioBlobStore, missing_bytes: int
    ) -> None:
        key = ids.new_id()

        with pytest.raises(Interrupted):
            store.write(key, generated(16 * BLOCK_BYTES - missing_bytes), 16 * BLOCK_BYTES)

        assert store.size_of(key) is None
        assert self.leftovers(store) == []

    def test_given_writers_of_a_known_length_that_fail_then_the_next_ones_succeed(
        self, store: MinioBlobStore
    ) -> None:
        """A connection on which a body is unfinished must not be used again."""
        data = content(6 * BLOCK_BYTES)
        for _ in range(3):
            with pytest.raises(Interrupted):
                store.write(ids.new_id(), in_blocks(data), len(data) + 1)
            key = ids.new_id()
            store.write(key, in_blocks(data), len(data))
            assert b"".join(store.read(key)) == data

    def test_given_wrong_keys_then_no_more_than_the_first_part_of_a_large_body_is_asked_for(
        self, location: S3Location
    ) -> None:
        store = MinioBlobStore(replace(location, secret_key="wrong"), max_object_bytes=1)
        blocks = generated(16 * BLOCK_BYTES)

        with pytest.raises(StoreUnavailable):
            store.write(ids.new_id(), blocks, 16 * BLOCK_BYTES)

        assert sum(map(len, blocks)) == 11 * BLOCK_BYTES

    def test_given_names_that_are_no_keys_then_they_are_not_listed(
        self, store: MinioBlobStore, location: S3Location
    ) -> None:
        client = client_of(location)
        for name in ("objects/README", object_path("ab") + ".txt", "elsewhere/" + ids.new_id()):
            client.put_object(location.bucket, name, io.BytesIO(b"x"), 1)

        assert not {"README", "ab.txt"} & {found.key for found in listing(store)}


def client_of(location: S3Location) -> Minio:
    """Reach the server beside the adapter."""
    return Minio(
        location.endpoint,
        access_key=location.access_key,
        secret_key=location.secret_key,
        secure=False,
        region="us-east-1",
    )


class TestMinIO(S3Contract):
    server = "minio"


class TestSeaweedFS(S3Contract):
    server = "seaweedfs"
