"""What every blob store must do, whatever stands behind it; an adapter's test inherits this class.

A subclass gives the fixture `store`; `leftovers` says what a failed write has left behind, as far as the
adapter can look there itself.
"""

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta

import psutil
import pytest

from tests.support.builders import content, sha256
from tests.support.raised import SourceBroken
from tests.support.writer_contract import WriterContract
from wxcloudrun.kit import clock, ids
from wxcloudrun.stores.blobs.port import (
    BLOCK_BYTES,
    BlobStore,
    DownloadLink,
    ObjectMissing,
    OtherSize,
    StoredObject,
    StoreUnavailable,
)
from wxcloudrun.stores.blobs.seekable import open_seekable

LARGE_BYTES = 66 * 1024 * 1024 + 7
CONSTANT_MEMORY_BYTES = 48 * 1024 * 1024
LINK = DownloadLink("text/plain", 'attachment; filename="a.txt"', lifetime_seconds=60)


def in_blocks(data: bytes, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield bytes in blocks."""
    for start in range(0, len(data), block_bytes):
        yield data[start : start + block_bytes]


def generated(size_bytes: int) -> Iterator[bytes]:
    """Yield many bytes that are never in memory together."""
    block = content(BLOCK_BYTES)
    for _ in range(size_bytes // BLOCK_BYTES):
        yield block
    yield block[: size_bytes % BLOCK_BYTES]


def failing_after(blocks: Iterator[bytes], failure: Exception | None = None) -> Iterator[bytes]:
    """Yield the blocks, then fail."""
    yield from blocks
    raise failure or SourceBroken


def digest_of(blocks: Iterator[bytes]) -> str:
    """Return the SHA-256 of blocks without keeping them."""
    measured = hashlib.sha256()
    for block in blocks:
        measured.update(block)
    return measured.hexdigest()


def listing(store: BlobStore) -> list[StoredObject]:
    """Return every finished object of a store."""
    objects = store.keys()
    return list(objects)


class BlobStoreContract(WriterContract):
    """The promises of the port, one by one."""

    def leftovers(self, store: BlobStore) -> list[str]:
        """Return what lies in the store beside finished objects."""
        del store
        return []

    @pytest.fixture
    def key(self) -> str:
        """A fresh key."""
        return ids.new_id()

    @pytest.mark.parametrize("size_bytes", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3_500_000])
    def test_given_bytes_when_written_then_exactly_those_are_read(
        self, store: BlobStore, key: str, size_bytes: int
    ) -> None:
        data = content(size_bytes)

        store.write(key, in_blocks(data, 100_000))

        assert store.size_of(key) == size_bytes
        assert b"".join(store.read(key)) == data

    def test_given_no_block_at_all_when_written_then_an_empty_object_is_there(
        self, store: BlobStore, key: str
    ) -> None:
        store.write(key, iter(()))

        assert store.size_of(key) == 0
        assert b"".join(store.read(key)) == b""

    def test_given_empty_blocks_among_others_then_nothing_is_lost(self, store: BlobStore, key: str) -> None:
        store.write(key, [b"", b"one", b"", b"two", b""])

        assert b"".join(store.read(key)) == b"onetwo"

    def test_given_a_large_object_when_written_and_read_then_memory_stays_constant(
        self, store: BlobStore, key: str
    ) -> None:
        before = psutil.Process().memory_info().rss

        store.write(key, generated(LARGE_BYTES))
        digest = digest_of(store.read(key))

        assert psutil.Process().memory_info().rss - before < CONSTANT_MEMORY_BYTES
        assert store.size_of(key) == LARGE_BYTES
        assert digest == digest_of(generated(LARGE_BYTES))

    def test_no_block_that_is_read_is_larger_than_a_mebibyte(self, store: BlobStore, key: str) -> None:
        store.write(key, [content(3 * BLOCK_BYTES + 5)])

        sizes = [len(block) for block in store.read(key)]

        assert sum(sizes) == 3 * BLOCK_BYTES + 5
        assert max(sizes) <= BLOCK_BYTES

    @pytest.mark.parametrize(
        ("start", "length"),
        [(0, 1), (0, 10), (3, 4), (9, 1), (4, None), (0, None), (5, 0), (1_048_575, 2), (2_000_000, None)],
    )
    def test_given_a_range_when_read_then_exactly_that_part_comes(
        self, store: BlobStore, key: str, start: int, length: int | None
    ) -> None:
        data = content(2_500_000)
        store.write(key, in_blocks(data))

        part = b"".join(store.read(key, start=start, length=length))

        assert part == data[start : None if length is None else start + length]

    def test_given_fewer_bytes_than_asked_for_when_read_then_it_fails_instead_of_ending_short(
        self, store: BlobStore, key: str
    ) -> None:
        store.write(key, [b"0123456789"])

        with pytest.raises(StoreUnavailable):
            b"".join(store.read(key, start=4, length=7))

    @pytest.mark.parametrize(("start", "length"), [(0, 10), (2, 3), (4, None), (0, None)])
    @pytest.mark.parametrize("size_bytes", [9, 11])
    def test_given_another_size_than_the_object_must_have_when_read_then_it_fails_before_the_first_block(
        self, store: BlobStore, key: str, start: int, length: int | None, size_bytes: int
    ) -> None:
        store.write(key, [b"0123456789"])

        with pytest.raises(OtherSize):
            store.read(key, start=start, length=length, size_bytes=size_bytes)

        assert b"".join(store.read(key, start=2, length=3, size_bytes=10)) == b"234"

    def test_given_a_part_behind_the_end_of_a_shorter_object_then_it_has_another_size(
        self, store: BlobStore, key: str
    ) -> None:
        store.write(key, [b"0123456789"])

        with pytest.raises(OtherSize):
            store.read(key, start=10, length=5, size_bytes=20)

    def test_given_no_such_object_then_it_is_missing_and_not_empty(self, store: BlobStore, key: str) -> None:
        store.pass_by(key)
        assert store.size_of(key) is None
        with pytest.raises(ObjectMissing):
            store.read(key)
        with pytest.raises(ObjectMissing):
            store.read(key, start=1, length=2)

    def test_given_a_reader_that_stops_half_way_then_the_next_one_gets_everything(
        self, store: BlobStore, key: str
    ) -> None:
        data = content(4 * BLOCK_BYTES)
        store.write(key, in_blocks(data))
        impatient = store.read(key)
        next(impatient)
        del impatient

        assert b"".join(store.read(key)) == data

    @pytest.mark.parametrize("size_bytes", [0, 10, 12 * 1024 * 1024])
    def test_given_a_source_that_fails_half_way_then_nothing_remains_and_its_own_failure_is_raised(
        self, store: BlobStore, key: str, size_bytes: int
    ) -> None:
        with pytest.raises(SourceBroken):
            store.write(key, failing_after(generated(size_bytes)))

        assert store.size_of(key) is None
        assert key not in {found.key for found in listing(store)}
        assert self.leftovers(store) == []

    @pytest.mark.parametrize("size_bytes", [0, 1, BLOCK_BYTES, 6 * BLOCK_BYTES + 7])
    def test_given_bytes_of_a_known_length_when_written_then_exactly_those_are_read(
        self, store: BlobStore, key: str, size_bytes: int
    ) -> None:
        data = content(size_bytes)

        told = store.write(key, in_blocks(data, 100_000), size_bytes)

        assert store.size_of(key) == size_bytes
        assert b"".join(store.read(key)) == data
        assert told in {None, hashlib.md5(data, usedforsecurity=False).hexdigest()}

    def test_given_a_large_object_of_a_known_length_when_written_then_memory_stays_constant(
        self, store: BlobStore, key: str
    ) -> None:
        before = psutil.Process().memory_info().rss

        store.write(key, generated(LARGE_BYTES), LARGE_BYTES)

        assert psutil.Process().memory_info().rss - before < CONSTANT_MEMORY_BYTES
        assert digest_of(store.read(key)) == digest_of(generated(LARGE_BYTES))

    @pytest.mark.parametrize("sent_bytes", [0, 10, 12 * BLOCK_BYTES, 20 * BLOCK_BYTES])
    @pytest.mark.parametrize("failure", [SourceBroken, ConnectionResetError, BrokenPipeError, TimeoutError])
    def test_given_a_known_length_and_a_source_that_fails_then_nothing_remains_and_its_own_failure_is_raised(
        self, store: BlobStore, key: str, sent_bytes: int, failure: type[Exception]
    ) -> None:
        own = failure("the client has gone")

        with pytest.raises(failure) as raised:
            store.write(key, failing_after(generated(sent_bytes), own), 20 * BLOCK_BYTES)

        assert raised.value is own
        assert store.size_of(key) is None
        assert key not in {found.key for found in listing(store)}
        assert self.leftovers(store) == []

    def test_given_a_finished_write_then_nothing_but_the_object_remains(
        self, store: BlobStore, key: str
    ) -> None:
        store.write(key, [b"bytes"])

        assert self.leftovers(store) == []

    def test_given_an_object_when_deleted_then_it_is_gone(self, store: BlobStore, key: str) -> None:
        store.write(key, [b"bytes"])

        store.delete(key)

        assert store.size_of(key) is None
        with pytest.raises(ObjectMissing):
            store.read(key)

    def test_given_no_object_when_deleted_then_that_is_no_error(self, store: BlobStore, key: str) -> None:
        store.delete(key)
        store.delete(key)

    def test_given_one_object_deleted_then_its_neighbour_stays(self, store: BlobStore, key: str) -> None:
        neighbour = key[:-1] + ("0" if key[-1] != "0" else "1")
        store.write(key, [b"one"])
        store.write(neighbour, [b"two"])

        store.delete(key)

        assert b"".join(store.read(neighbour)) == b"two"

    def test_every_finished_object_is_listed_with_its_size_and_age(self, store: BlobStore) -> None:
        sizes = {ids.new_id(): size_bytes for size_bytes in (0, 1, 70_000)}
        for key, size_bytes in sizes.items():
            store.write(key, [content(size_bytes)])

        listed = {found.key: found for found in listing(store) if found.key in sizes}

        assert {key: found.size_bytes for key, found in listed.items()} == sizes
        for found in listed.values():
            assert abs(clock.now() - found.modified_at) < timedelta(minutes=5)

    def test_given_a_shard_then_exactly_its_objects_are_listed(self, store: BlobStore, key: str) -> None:
        other = f"{(int(key[:2], 16) + 1) % 256:02x}{key[2:]}"
        store.write(key, [b"one"])
        store.write(other, [b"two"])

        found = list(store.keys(key[:2]))

        assert key in {each.key for each in found}
        assert {each.key[:2] for each in found} == {key[:2]}

    def test_given_an_object_set_aside_then_no_reader_finds_it_until_it_is_restored(
        self, store: BlobStore, key: str
    ) -> None:
        store.write(key, [b"bytes"])

        store.quarantine(key)
        assert store.size_of(key) is None
        assert key not in {found.key for found in listing(store)}
        assert key in {found.key for found in store.quarantined()}

        store.restore(key)
        assert b"".join(store.read(key)) == b"bytes"
        assert key not in {found.key for found in store.quarantined()}

    def test_given_no_such_object_then_it_can_be_neither_set_aside_nor_restored(
        self, store: BlobStore, key: str
    ) -> None:
        with pytest.raises(ObjectMissing):
            store.quarantine(key)
        with pytest.raises(ObjectMissing):
            store.restore(key)

    def test_given_an_unfinished_write_then_it_is_listed_and_its_writer_fails_once_it_is_aborted(
        self, store: BlobStore, key: str
    ) -> None:
        listed: list[set[str]] = []

        def blocks() -> Iterator[bytes]:
            yield from generated(20 * BLOCK_BYTES)  # more than S3 takes in one piece
            listed.append(set(store.unfinished()))
            store.abort(key)
            yield b"the end"

        with pytest.raises(StoreUnavailable):
            store.write(key, blocks())

        assert key in listed[0]
        assert key not in set(store.unfinished())
        assert store.size_of(key) is None

    def test_given_nothing_unfinished_then_aborting_is_no_error_and_spares_the_object(
        self, store: BlobStore, key: str
    ) -> None:
        store.write(key, [b"bytes"])

        store.abort(key)

        assert b"".join(store.read(key)) == b"bytes"

    def test_given_two_writers_at_once_then_each_object_is_whole(self, store: BlobStore) -> None:
        contents = {ids.new_id(): content(5 * BLOCK_BYTES + number, number) for number in range(2)}
        both = threading.Barrier(len(contents))

        def write(key: str, data: bytes) -> None:
            both.wait(timeout=30)
            store.write(key, in_blocks(data, 200_000))

        writers = [threading.Thread(target=write, args=each) for each in contents.items()]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

        for key, data in contents.items():
            assert digest_of(store.read(key)) == sha256(data)

    def test_a_real_file_if_there_is_one_holds_the_object(self, store: BlobStore, key: str) -> None:
        store.write(key, [b"0123456789"])

        file = store.open_file(key)

        if file is not None:
            with file:
                assert file.fileno() >= 0
                assert file.read() == b"0123456789"

    def test_a_link_if_there_is_one_is_an_absolute_url(self, store: BlobStore, key: str) -> None:
        store.write(key, [b"bytes"])

        link = store.link(key, LINK)

        assert link is None or link.startswith(("http://", "https://"))

    def test_an_object_can_be_read_like_a_file(self, store: BlobStore, key: str) -> None:
        data = content(300_000)
        store.write(key, [data])

        with open_seekable(store, key, len(data)) as file:
            assert file.seek(-22, 2) == len(data) - 22
            assert file.read() == data[-22:]
            assert file.seek(10) == 10
            assert file.read(5) == data[10:15]
            assert file.seek(5, 1) == 20
            assert file.read(3) == data[20:23]

    def test_a_store_that_works_says_so(self, store: BlobStore) -> None:
        store.check()

        assert self.leftovers(store) == []
