"""What every writer that can be resumed must do; the contract of blob stores inherits this class."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from typing import Protocol

import psutil
import pytest

from tests.support.builders import content
from wxcloudrun.kit import ids
from wxcloudrun.stores.blobs.port import BLOCK_BYTES, BlobStore, ObjectMissing
from wxcloudrun.stores.blobs.writing import (
    LEAST_PART_BYTES,
    Fence,
    Preempted,
    ResumableWriter,
    WriterState,
    WrittenPart,
)

MIB = 1024 * 1024
FIRST = Fence(0, 1)


class CutOff(Exception):
    """What a source of blocks raises in these tests."""


class Begin(Protocol):
    """Begins an object under a fresh key."""

    def __call__(self, size_bytes: int | None, part_bytes: int = LEAST_PART_BYTES) -> ResumableWriter:
        """Return its writer."""


def elsewhere(store: BlobStore, writer: ResumableWriter) -> ResumableWriter:
    """Go on as another process does, which knows the written state only."""
    return store.resume(WriterState.of_text(writer.state.to_text()))


def put_all(writer: ResumableWriter, data: bytes, part_bytes: int, epoch: int = 1) -> list[WrittenPart]:
    """Put bytes part by part, the last part first."""
    offsets = range(0, len(data), part_bytes)
    return [
        writer.put(offset, [data[offset : offset + part_bytes]], Fence(offset // part_bytes, epoch))
        for offset in reversed(offsets)
    ]


def written(store: BlobStore, writer: ResumableWriter) -> bytes:
    """Return the whole object."""
    return b"".join(store.read(writer.state.key))


class WriterContract:
    """The promises of the port, one by one."""

    @pytest.fixture
    def begun(self, store: BlobStore) -> Iterator[Begin]:
        """Begin objects; nothing is left of them behind the test."""
        writers: list[ResumableWriter] = []

        def begin(size_bytes: int | None, part_bytes: int = LEAST_PART_BYTES) -> ResumableWriter:
            writer = store.begin(ids.new_id(), size_bytes=size_bytes, part_bytes=part_bytes)
            writers.append(writer)
            return writer

        yield begin
        for writer in writers:
            writer.cancel()

    @pytest.mark.parametrize(
        ("size_bytes", "part_bytes"),
        [(1, 256 * 1024), (12 * MIB + 7, 256 * 1024), (11 * MIB, 3 * MIB), (16 * MIB + 1, 5 * MIB)],
    )
    def test_given_parts_in_any_order_from_several_processes_when_sealed_then_they_are_the_object(
        self, store: BlobStore, begun: Begin, size_bytes: int, part_bytes: int
    ) -> None:
        data, first = content(size_bytes), begun(size_bytes, part_bytes)

        parts = put_all(elsewhere(store, first), data, part_bytes)
        assert store.size_of(first.state.key) is None
        elsewhere(store, first).seal(parts)

        assert written(store, first) == data
        assert store.size_of(first.state.key) == size_bytes
        assert first.state.key not in set(store.unfinished())

    def test_given_appends_of_any_length_and_no_known_size_then_they_are_the_object(
        self, store: BlobStore, begun: Begin
    ) -> None:
        lengths = [5 * MIB, 700_001, 300_000, 9 * MIB, 1]
        data, writer = content(sum(lengths)), begun(None)

        parts, offset = [], 0
        for epoch, length in enumerate(lengths, 1):
            blocks = (data[start : start + 1] for start in range(offset, offset + length) if length == 1)
            source = blocks if length == 1 else iter([b"", data[offset : offset + length]])
            parts.append(elsewhere(store, writer).put(offset, source, Fence(0, epoch)))
            offset += length
        elsewhere(store, writer).seal(parts)

        assert written(store, writer) == data

    def test_given_a_part_put_again_then_the_later_bytes_count(self, store: BlobStore, begun: Begin) -> None:
        data, writer = content(6 * MIB), begun(6 * MIB, 5 * MIB)
        head, tail = (
            writer.put(0, [bytes(5 * MIB)], FIRST),
            writer.put(5 * MIB, [data[5 * MIB :]], Fence(1, 1)),
        )

        again = writer.put(0, [data[: 5 * MIB]], Fence(0, 2))
        writer.seal([again, tail])

        assert head.size_bytes == again.size_bytes
        assert written(store, writer) == data

    @pytest.mark.parametrize("part_bytes", [MIB, 5 * MIB])
    def test_given_a_writer_overtaken_while_it_stalls_then_it_changes_no_byte_of_the_later_one(
        self, store: BlobStore, begun: Begin, part_bytes: int
    ) -> None:
        data, writer = content(2 * part_bytes), begun(2 * part_bytes, part_bytes)
        later: list[WrittenPart] = []

        def stalling() -> Iterator[bytes]:
            yield bytes(part_bytes // 2)
            later.append(elsewhere(store, writer).put(0, [data[:part_bytes]], Fence(0, 2)))
            yield bytes(part_bytes - part_bytes // 2)

        with contextlib.suppress(Preempted):  # where the store cannot tell, whoever counts the epochs does
            writer.put(0, stalling(), FIRST)
        writer.seal([*later, writer.put(part_bytes, [data[part_bytes:]], Fence(1, 1))])

        assert written(store, writer) == data

    def test_given_a_source_that_fails_then_its_failure_is_raised_and_the_part_can_be_put_again(
        self, store: BlobStore, begun: Begin
    ) -> None:
        data, writer, own = content(6 * MIB), begun(6 * MIB, 6 * MIB), CutOff()

        def cut_off() -> Iterator[bytes]:
            yield data[: 3 * MIB]
            raise own

        with pytest.raises(CutOff) as raised:
            writer.put(0, cut_off(), FIRST)
        writer.seal([writer.put(0, [data], Fence(0, 2))])

        assert raised.value is own
        assert written(store, writer) == data

    def test_given_a_sealed_object_then_sealing_it_again_and_cancelling_change_nothing(
        self, store: BlobStore, begun: Begin
    ) -> None:
        data, writer = content(3 * MIB), begun(3 * MIB, MIB)
        parts = put_all(writer, data, MIB)
        writer.seal(parts)

        elsewhere(store, writer).seal(parts)
        elsewhere(store, writer).cancel()
        writer.cancel()
        store.abort(writer.state.key)

        assert written(store, writer) == data

    def test_given_a_cancelled_object_then_nothing_is_left_of_it_and_nobody_goes_on(
        self, store: BlobStore, begun: Begin
    ) -> None:
        writer = begun(7 * MIB, MIB)
        parts = put_all(writer, content(7 * MIB), MIB)
        assert writer.state.key in set(store.unfinished())

        writer.cancel()
        writer.cancel()

        assert writer.state.key not in set(store.unfinished())
        assert store.size_of(writer.state.key) is None
        with pytest.raises(ObjectMissing):
            writer.seal(parts)

    def test_given_an_unfinished_object_when_the_sweeper_aborts_it_then_nothing_is_left(
        self, store: BlobStore, begun: Begin
    ) -> None:
        writer = begun(7 * MIB, MIB)
        put_all(writer, content(7 * MIB), MIB)

        store.abort(writer.state.key)

        assert writer.state.key not in set(store.unfinished())

    def test_given_parts_that_leave_a_gap_or_overlap_then_they_are_not_sealed(self, begun: Begin) -> None:
        writer = begun(3 * MIB, MIB)
        parts = put_all(writer, content(3 * MIB), MIB)

        for wrong in (parts[:1], parts[:2], [*parts, parts[0]], []):
            with pytest.raises(ValueError, match="part"):
                writer.seal(wrong)

    def test_given_parts_put_by_several_at_once_then_each_is_whole(
        self, store: BlobStore, begun: Begin
    ) -> None:
        data, writer = content(12 * MIB), begun(12 * MIB, MIB)
        parts: list[WrittenPart] = []

        def put(number: int) -> None:
            body = data[number * MIB : (number + 1) * MIB]
            blocks = (body[start : start + 100_000] for start in range(0, MIB, 100_000))
            parts.append(elsewhere(store, writer).put(number * MIB, blocks, Fence(number, 1)))

        writers = [threading.Thread(target=put, args=(number,)) for number in range(12)]
        for each in writers:
            each.start()
        for each in writers:
            each.join()
        writer.seal(parts)

        assert written(store, writer) == data

    def test_given_a_store_that_reads_what_is_unfinished_then_it_reads_what_was_put(
        self, store: BlobStore, begun: Begin
    ) -> None:
        data, writer = content(3 * MIB), begun(3 * MIB, MIB)
        parts = put_all(writer, data, MIB)

        blocks = elsewhere(store, writer).read(parts[::-1])

        assert blocks is None or b"".join(blocks) == data

    def test_given_somebody_alone_with_an_object_then_nobody_else_is_and_writing_goes_on(
        self, store: BlobStore, begun: Begin
    ) -> None:
        data, writer, other = content(2 * MIB), begun(2 * MIB, MIB), begun(1)

        with writer.alone() as is_alone, elsewhere(store, writer).alone() as is_second:
            with other.alone() as is_other:
                assert (is_second, is_other) == (False, is_alone)
            parts = put_all(writer, data, MIB)
        with elsewhere(store, writer).alone() as is_alone_again:
            assert is_alone_again == is_alone == (writer.read(()) is not None)
        writer.seal(parts)

        assert written(store, writer) == data

    def test_given_a_large_part_then_memory_stays_constant(self, store: BlobStore, begun: Begin) -> None:
        block, blocks = content(BLOCK_BYTES), 66
        writer = begun(blocks * BLOCK_BYTES, store.suitable_part_bytes(blocks * BLOCK_BYTES, 66 * MIB))
        before = psutil.Process().memory_info().rss

        part = writer.put(0, (block for _ in range(blocks)), FIRST)

        assert psutil.Process().memory_info().rss - before < 48 * MIB
        writer.seal([part])
        found, whole = hashlib.sha256(), hashlib.sha256()
        for each in store.read(writer.state.key):
            found.update(each)
        for _ in range(blocks):
            whole.update(block)
        assert found.digest() == whole.digest()
