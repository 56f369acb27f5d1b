"""Bytes are measured as they pass: the numbers are right, the bytes untouched, and no thread stays behind."""

import hashlib
import threading
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import content
from tests.support.raised import SourceBroken
from wxcloudrun.stores.blobs.measuring import THREADS_FROM_BYTES, Measured, Measurement
from wxcloudrun.stores.blobs.port import BLOCK_BYTES

AROUND_THE_THRESHOLD = [
    0,
    1,
    BLOCK_BYTES,
    THREADS_FROM_BYTES - 1,
    THREADS_FROM_BYTES,
    THREADS_FROM_BYTES + 1,
    THREADS_FROM_BYTES + BLOCK_BYTES,
    4 * THREADS_FROM_BYTES + 3,
]


def expected(data: bytes) -> Measured:
    """Return what hashlib says."""
    return Measured(
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        sha1=hashlib.sha1(data).hexdigest(),
        md5=hashlib.md5(data).hexdigest(),
    )


def digest_threads() -> list[threading.Thread]:
    """Return the threads that still measure."""
    return [thread for thread in threading.enumerate() if thread.name == "digest"]


def pieces(data: bytes, size_bytes: int) -> Iterator[bytes]:
    """Yield bytes in pieces."""
    return (data[start : start + size_bytes] for start in range(0, len(data), size_bytes))


@pytest.mark.parametrize("size_bytes", AROUND_THE_THRESHOLD)
@pytest.mark.parametrize("piece_bytes", [BLOCK_BYTES, 65_536, 100_003])
def test_the_digests_are_those_of_hashlib(size_bytes: int, piece_bytes: int) -> None:
    data = content(size_bytes)
    measurement = Measurement()

    passed = b"".join(measurement.pass_through(pieces(data, piece_bytes)))

    assert passed == data
    assert measurement.result() == expected(data)
    assert digest_threads() == []


@given(st.lists(st.binary(max_size=50), max_size=20))
@settings(max_examples=50, deadline=None)
def test_the_blocks_pass_as_they_are(blocks: list[bytes]) -> None:
    measurement = Measurement()

    assert list(measurement.pass_through(blocks)) == blocks
    assert measurement.result() == expected(b"".join(blocks))


def test_a_block_is_passed_on_before_the_next_one_is_asked_for() -> None:
    asked: list[int] = []

    def source() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield b"x"

    passing = Measurement().pass_through(source())
    next(passing)

    assert asked == [0]


@pytest.mark.parametrize("size_bytes", [10, 3 * THREADS_FROM_BYTES])
def test_given_a_source_that_fails_then_its_failure_passes_and_the_threads_end(size_bytes: int) -> None:
    def source() -> Iterator[bytes]:
        yield from pieces(content(size_bytes), BLOCK_BYTES)
        raise SourceBroken

    with pytest.raises(SourceBroken):
        list(Measurement().pass_through(source()))

    assert digest_threads() == []


def test_given_a_consumer_that_stops_half_way_then_the_threads_end() -> None:
    passing = Measurement().pass_through(pieces(content(3 * THREADS_FROM_BYTES), BLOCK_BYTES))
    for _ in range(4):
        next(passing)
    assert digest_threads() != [], "so long a body is worth threads"

    del passing

    assert digest_threads() == []


def test_given_many_bytes_then_memory_stays_constant() -> None:
    block = content(BLOCK_BYTES)
    before = psutil.Process().memory_info().rss

    for _ in Measurement().pass_through(bytes(bytearray(block)) for _ in range(200)):
        pass

    assert psutil.Process().memory_info().rss - before < 32 * 1024 * 1024
