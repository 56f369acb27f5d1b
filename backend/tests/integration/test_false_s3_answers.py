"""An S3 server, or a proxy before it, that says what is not so: nothing of it is believed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.builders import content
from tests.support.s3_misbehaviour import (
    XHTML,
    AnotherRange,
    BlanksBeforeXml,
    IgnoresRange,
    LongerBody,
    Lost,
    SaysErrorWith200,
    SendsPage,
    WithHeader,
    WithoutElement,
    WithoutHeader,
)
from tests.support.s3_stub import BUCKET, Misbehaviour, S3Stub
from wxcloudrun.kit import ids
from wxcloudrun.stores.blobs.minio import MinioBlobStore, S3Location
from wxcloudrun.stores.blobs.port import BLOCK_BYTES, OtherSize, StoreUnavailable

DATA = content(3000)
LARGE = content(11 * BLOCK_BYTES)
Logged = pytest.LogCaptureFixture
Call = Callable[[MinioBlobStore, str], object]


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[S3Stub]:
    """A server that is good until it is told otherwise."""
    with S3Stub(tmp_path).running() as running:
        yield running


@pytest.fixture
def store(stub: S3Stub, monkeypatch: pytest.MonkeyPatch) -> MinioBlobStore:
    """The adapter on it, which waits for a busy machine."""
    monkeypatch.setattr("wxcloudrun.stores.blobs.minio.READ_SECONDS", 60)
    location = S3Location(stub.endpoint, "access", "secret", BUCKET, secure=False)
    return MinioBlobStore(location, max_object_bytes=10 * 1024**3)


@pytest.fixture
def key(store: MinioBlobStore) -> str:
    """An object that was written well."""
    key = ids.new_id()
    store.write(key, [DATA])
    return key


def write_small(store: MinioBlobStore, _key: str) -> object:
    return store.write(ids.new_id(), [DATA])


def write_stream(store: MinioBlobStore, _key: str) -> object:
    return store.write(ids.new_id(), [LARGE], len(LARGE))


def write_parts(store: MinioBlobStore, _key: str) -> object:
    return store.write(ids.new_id(), [LARGE])


def read_part(store: MinioBlobStore, key: str) -> object:
    return b"".join(store.read(key, start=10, length=100))


def read_rest(store: MinioBlobStore, key: str) -> object:
    return b"".join(store.read(key, start=10))


def read_whole(store: MinioBlobStore, key: str) -> object:
    return b"".join(store.read(key))


def read_all_as_part(store: MinioBlobStore, key: str) -> object:
    return b"".join(store.read(key, length=len(DATA), size_bytes=len(DATA)))


def size_of(store: MinioBlobStore, key: str) -> object:
    return store.size_of(key)


def list_keys(store: MinioBlobStore, _key: str) -> object:
    return list(store.keys())


def list_unfinished(store: MinioBlobStore, _key: str) -> object:
    return list(store.unfinished())


def abort(store: MinioBlobStore, key: str) -> None:
    store.abort(key)


def quarantine(store: MinioBlobStore, key: str) -> None:
    store.quarantine(key)


FALSE_ANSWERS: dict[str, tuple[str, Misbehaviour, Call]] = {
    "a small PUT without an ETag": ("put", WithoutHeader(), write_small),
    "a small PUT answered with a page": ("put", SendsPage(), write_small),
    "a streamed PUT without an ETag": ("put", WithoutHeader(), write_stream),
    "a streamed PUT answered with a page": ("put", SendsPage(), write_stream),
    "a part without an ETag": ("part", WithoutHeader(), write_parts),
    "a part answered with a page": ("part", SendsPage(), write_parts),
    "an upload begun with a page": ("create", SendsPage(), write_parts),
    "an upload begun with an error": ("create", SaysErrorWith200(), write_parts),
    "an upload begun with blanks": ("create", BlanksBeforeXml(), write_parts),
    "an upload ended with an error": ("complete", SaysErrorWith200(), write_parts),
    "an upload ended with a page": ("complete", SendsPage(), write_parts),
    "an upload ended with a page that is XML": ("complete", SendsPage(XHTML), write_parts),
    "an upload ended with blanks": ("complete", BlanksBeforeXml(), write_parts),
    "an upload ended without an ETag": ("complete", WithoutElement("ETag"), write_parts),
    "a part that is the whole": ("get", IgnoresRange(), read_part),
    "a rest that is the whole": ("get", IgnoresRange(), read_rest),
    "the whole, asked for as a part, with 200": ("get", IgnoresRange(), read_all_as_part),
    "a part from further on": ("get", AnotherRange(1), read_part),
    "a part from before": ("get", AnotherRange(-1), read_part),
    "a rest from before": ("get", AnotherRange(-1), read_rest),
    "a part that says not which": ("get", WithoutHeader("Content-Range"), read_part),
    "a part of nobody knows how much": ("get", WithHeader("Content-Range", "bytes 10-109/*"), read_part),
    "a part in another unit": ("get", WithHeader("Content-Range", "lines 10-109/3000"), read_part),
    "several parts": ("get", WithHeader("Content-Range", "bytes 10-19/3000, 30-39/3000"), read_part),
    "a part that is a page": ("get", SendsPage(), read_part),
    "a part that is coded": ("get", WithHeader("Content-Encoding", "gzip"), read_part),
    "a part of an object without an ETag": ("get", WithoutHeader(), read_part),
    "a whole that is a page": ("get", SendsPage(), read_whole),
    "a whole that is coded": ("get", WithHeader("Content-Encoding", "gzip"), read_whole),
    "a refusal that is a page": ("get", SendsPage(status=403), read_part),
    "a refusal that is empty": ("get", SendsPage(b"", status=403), read_part),
    "a size without an ETag": ("head", WithoutHeader(), size_of),
    "a size that is a page": ("head", SendsPage(), size_of),
    "a size with a date that is none": ("head", WithHeader("Last-Modified", "yesterday"), size_of),
    "a list that is a page": ("list", SendsPage(), list_keys),
    "a list that is a page in XML": ("list", SendsPage(XHTML), list_keys),
    "a list that is an error": ("list", SaysErrorWith200(), list_keys),
    "a list behind blanks": ("list", BlanksBeforeXml(), list_keys),
    "a list without sizes": ("list", WithoutElement("Size"), list_keys),
    "unfinished uploads as a page": ("uploads", SendsPage(), list_unfinished),
    "unfinished uploads as a page in XML": ("uploads", SendsPage(XHTML), list_unfinished),
    "unfinished uploads as an error": ("uploads", SaysErrorWith200(), list_unfinished),
    "what is to be aborted as a page in XML": ("uploads", SendsPage(XHTML), abort),
    "a copy answered with an error": ("copy", SaysErrorWith200(), quarantine),
    "a copy answered with a page": ("copy", SendsPage(), quarantine),
    "a copy answered with a page in XML": ("copy", SendsPage(XHTML), quarantine),
    "a copy behind blanks": ("copy", BlanksBeforeXml(), quarantine),
    "a copy without an ETag": ("copy", WithoutElement("ETag"), quarantine),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE_ANSWERS)
def test_given_an_answer_that_is_none_then_the_store_is_unavailable_says_so_once_and_nothing_is_lost(
    store: MinioBlobStore, stub: S3Stub, key: str, caplog: Logged, name: str
) -> None:
    operation, misbehaviour, call = FALSE_ANSWERS[name]
    stub.misbehave(operation, misbehaviour)

    with caplog.at_level("WARNING"), pytest.raises(StoreUnavailable):
        call(store, key)

    assert [record.message for record in caplog.records] == ["store_answer_unreadable"]
    assert operation in stub.asked
    stub.behave()
    assert b"".join(store.read(key)) == DATA
    call(store, key)


def test_given_a_copy_that_was_lost_then_the_object_is_not_removed(
    store: MinioBlobStore, stub: S3Stub, key: str
) -> None:
    stub.misbehave("copy", Lost())

    with pytest.raises(StoreUnavailable):
        store.quarantine(key)

    assert b"".join(store.read(key)) == DATA


@pytest.mark.parametrize("write", [write_small, write_stream])
def test_given_a_put_that_was_lost_then_the_size_tells(
    store: MinioBlobStore, stub: S3Stub, write: Call
) -> None:
    stub.misbehave("put", Lost())

    write(store, "")

    assert stub.objects == {}


def test_given_a_multipart_upload_that_was_not_confirmed_then_none_is_left_open(
    store: MinioBlobStore, stub: S3Stub
) -> None:
    stub.misbehave("part", WithoutHeader())

    with pytest.raises(StoreUnavailable):
        store.write(ids.new_id(), [LARGE])

    assert stub.uploads == {}


@pytest.mark.parametrize("total", ["2999", "3001"])
def test_given_a_part_of_another_object_then_it_has_another_size(
    store: MinioBlobStore, stub: S3Stub, key: str, total: str
) -> None:
    stub.misbehave("get", WithHeader("Content-Range", f"bytes 10-109/{total}"))

    with pytest.raises(OtherSize):
        store.read(key, start=10, length=100, size_bytes=len(DATA))


def test_given_a_body_that_is_longer_than_its_range_then_no_byte_behind_it_is_given_away(
    store: MinioBlobStore, stub: S3Stub, key: str
) -> None:
    stub.misbehave("get", LongerBody())
    received: list[bytes] = []

    with pytest.raises(StoreUnavailable):
        received.extend(store.read(key, start=10, length=100, size_bytes=len(DATA)))

    assert sum(map(len, received)) <= 100


def test_given_a_body_that_is_shorter_than_its_range_then_it_does_not_end_as_if_it_were_whole(
    store: MinioBlobStore, stub: S3Stub, key: str
) -> None:
    stub.misbehave("get", LongerBody(by=-1))

    with pytest.raises(StoreUnavailable):
        b"".join(store.read(key, start=10, length=100, size_bytes=len(DATA)))


def test_given_a_part_that_was_refused_then_the_next_read_on_the_same_connections_works(
    store: MinioBlobStore, stub: S3Stub, key: str
) -> None:
    stub.misbehave("get", IgnoresRange(), times=3)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            store.read(key, start=10, length=100)

    assert b"".join(store.read(key, start=10, length=100)) == DATA[10:110]
