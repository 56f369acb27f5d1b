"""The promises that hold for every format: nothing is raised, little is read, and it ends in time."""

import io
import itertools
import logging
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.formats.samples import VALID, declared, short, wheel
from wxcloudrun.formats import bounded
from wxcloudrun.formats.detect import declared_version

pytestmark = pytest.mark.unit

UNFORESEEN = "wxcloudrun.formats.detect"


class CountingBlob(io.BytesIO):
    """Counts what is read, as each read of a remote store is a request."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.requests = 0
        self.read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.requests += 1
        self.read_bytes += len(data)
        return data


class EndlessBlob(CountingBlob):
    """Answers zeros wherever it is read, so that a file of any size can be claimed."""

    def read(self, size: int | None = -1, /) -> bytes:
        self.requests += 1
        self.read_bytes += size or 0
        return bytes(size or 0)


class FailingBlob(io.BytesIO):
    """A store that breaks while it is read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise ConnectionError(size)


@pytest.mark.parametrize("name", VALID)
def test_every_format_declares_its_version(name: str) -> None:
    assert declared(name, VALID[name]) == "1.2.3"


@pytest.mark.parametrize("name", ["demo.bin", "demo", "", "whl", "demo.tar.bz2", "demo.whl.asc", "тест.exe"])
def test_an_unknown_ending_declares_none_without_any_read(name: str) -> None:
    blob = CountingBlob(wheel())
    assert declared_version(name, blob, len(wheel()), time.monotonic) is None
    assert blob.requests == 0


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("data", [b"", b"\0", b"\0" * 1000, b"\xff" * 1000, b"PK\x05\x06" * 500], ids=short)
def test_foreign_content_declares_none(name: str, data: bytes) -> None:
    assert declared(name, data) is None


@pytest.mark.parametrize("name", VALID)
def test_the_content_of_another_format_declares_none_or_a_version(name: str) -> None:
    assert {declared(name, data) for data in VALID.values()} <= {None, "1.2.3"}


@pytest.mark.parametrize("name", VALID)
def test_a_small_package_costs_few_requests(name: str) -> None:
    blob = CountingBlob(VALID[name])
    assert declared_version(name, blob, len(VALID[name])) == "1.2.3"
    assert blob.requests <= 4
    assert blob.read_bytes <= 3 * len(VALID[name])


def test_a_large_wheel_is_not_read_whole() -> None:
    data = bytes(40 * 1024 * 1024) + wheel()
    blob = CountingBlob(data)
    assert declared_version("demo.whl", blob, len(data)) == "1.2.3"
    assert blob.read_bytes < 1024 * 1024


@pytest.mark.parametrize("name", VALID)
def test_a_file_of_terabytes_costs_no_more_than_the_budget(name: str) -> None:
    blob = EndlessBlob(b"")
    assert declared_version(name, blob, 5 * 2**40) is None
    assert blob.read_bytes <= bounded.BLOB_BYTES


def test_a_reader_never_fetches_more_than_its_budget() -> None:
    blob = EndlessBlob(b"")
    reader = bounded.BoundedReader(blob, 2**40, bounded.Deadline(lambda: 0.0))
    with pytest.raises(bounded.UnreadablePackage):
        reader.read(2**39)
    assert blob.read_bytes == 0
    with pytest.raises(bounded.UnreadablePackage):
        list(iter(lambda: reader.read(100_000), b""))
    assert bounded.BLOB_BYTES - bounded.READ_AHEAD_BYTES < blob.read_bytes <= bounded.BLOB_BYTES


@given(st.lists(st.tuples(st.integers(0, 700_000), st.integers(-1, 400_000)), max_size=12))
def test_a_reader_gives_the_bytes_of_the_blob_wherever_it_is_asked(steps: list[tuple[int, int]]) -> None:
    data = bytes(range(251)) * 2_500
    blob = io.BytesIO(data)
    reader = bounded.BoundedReader(blob, len(data), bounded.Deadline(lambda: 0.0))
    plain = io.BytesIO(data)
    for place, size in steps:
        assert reader.seek(place) == plain.seek(place)
        assert reader.read(size) == plain.read(size)
        assert reader.tell() == plain.tell()


@pytest.mark.parametrize("name", VALID)
def test_a_blob_shorter_than_its_size_declares_none_or_its_version(name: str) -> None:
    data = VALID[name]
    assert declared_version(name, io.BytesIO(data), len(data) + 1000) in {None, "1.2.3"}
    assert declared_version(name, io.BytesIO(b""), len(data)) is None


@pytest.mark.parametrize("name", VALID)
def test_reading_stops_when_the_time_is_over(name: str) -> None:
    clock = itertools.count(step=bounded.SECONDS + 1)
    blob = CountingBlob(VALID[name])
    assert declared_version(name, blob, len(VALID[name]), lambda: float(next(clock))) is None
    assert blob.requests == 0


@pytest.mark.parametrize("name", VALID)
def test_the_deadline_holds_in_the_middle_of_a_file(name: str) -> None:
    moments = itertools.chain([0.0, 0.0], itertools.repeat(bounded.SECONDS + 0.1))
    assert declared_version(name, io.BytesIO(VALID[name]), len(VALID[name]), lambda: next(moments)) is None


@pytest.mark.parametrize("name", VALID)
@pytest.mark.usefixtures("unforeseen_is_expected")
def test_a_store_that_fails_is_logged_and_declares_none(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, UNFORESEEN):
        assert declared_version(name, FailingBlob(b""), 10_000) is None
    assert len(caplog.records) == 1


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(sorted(VALID)),
    flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(1, 255)), min_size=1, max_size=6),
    cut=st.one_of(st.none(), st.integers(0, 1 << 20)),
)
def test_a_mutated_package_never_raises_and_ends_in_time(
    name: str, flips: list[tuple[int, int]], cut: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    data = bytearray(VALID[name])
    for place, mask in flips:
        data[place % len(data)] ^= mask
    if cut is not None:
        del data[cut % len(data) :]
    caplog.clear()
    started = time.thread_time()
    answer = declared(name, bytes(data))
    assert time.thread_time() - started < bounded.SECONDS + 1
    assert answer is None or 0 < len(answer) <= 128
    assert [record for record in caplog.records if record.name == UNFORESEEN] == []
