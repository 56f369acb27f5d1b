"""A stored object as a file, over a store that has no files: ranged reads that fetch no more than needed."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile

import pytest

from tests.support.builders import content
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.port import OtherSize, StoreUnavailable
from wxcloudrun.stores.blobs.seekable import READ_AHEAD_BYTES, RangedObject, open_seekable

KEY = "0123456789abcdef0123456789abcdef"
DATA = content(1_000_000)


class RemoteStore(LocalBlobStore):
    """A local store that behaves as if it were on another machine, and counts its requests."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.requests: list[tuple[int, int | None]] = []

    def open_file(self, key: str) -> BinaryIO:
        """There are no files here."""
        del key
        return None  # type: ignore[return-value]  # as the port allows and the local store never does

    def read(
        self, key: str, *, start: int = 0, length: int | None = None, size_bytes: int | None = None
    ) -> Iterator[bytes]:
        """Note what is asked for."""
        self.requests.append((start, length))
        if size_bytes not in {None, self.size_of(key)}:
            raise OtherSize(key)
        with super().open_file(key) as file:
            file.seek(start)
            whole = file.read(-1 if length is None else length)
        if length is not None and len(whole) < length:
            raise StoreUnavailable(text("short"))
        return iter([whole[:10], whole[10:]])


@pytest.fixture
def store(tmp_path: Path) -> RemoteStore:
    """A store with one object."""
    store = RemoteStore(tmp_path)
    store.write(KEY, [DATA])
    return store


def test_given_a_local_store_then_the_file_is_the_real_one(tmp_path: Path) -> None:
    store = LocalBlobStore(tmp_path)
    store.write(KEY, [DATA])

    with open_seekable(store, KEY, len(DATA)) as file:
        assert file.fileno() >= 0
        assert file.read() == DATA


def test_given_a_remote_store_then_the_whole_object_is_read(store: RemoteStore) -> None:
    with open_seekable(store, KEY, len(DATA)) as file:
        assert file.read() == DATA


def test_moving_about_asks_the_store_for_nothing(store: RemoteStore) -> None:
    ranged = RangedObject(store, KEY, len(DATA))

    assert ranged.seek(500) == 500
    assert ranged.seek(-10, io.SEEK_CUR) == 490
    assert ranged.seek(-10, io.SEEK_END) == len(DATA) - 10
    assert ranged.tell() == len(DATA) - 10
    assert store.requests == []


def test_reading_head_and_tail_fetches_only_those(store: RemoteStore) -> None:
    with open_seekable(store, KEY, len(DATA)) as file:
        assert file.read(4) == DATA[:4]
        file.seek(-4, io.SEEK_END)
        assert file.read() == DATA[-4:]

    fetched = sum(length or 0 for _, length in store.requests)
    assert fetched <= 2 * READ_AHEAD_BYTES
    assert len(store.requests) <= 3


def test_behind_the_end_there_is_nothing(store: RemoteStore) -> None:
    ranged = RangedObject(store, KEY, len(DATA))
    ranged.seek(len(DATA) + 5)

    assert ranged.read(10) == b""
    assert store.requests == []


def test_before_the_beginning_there_is_no_position(store: RemoteStore) -> None:
    ranged = RangedObject(store, KEY, len(DATA))

    with pytest.raises(ValueError, match="negative"):
        ranged.seek(-1)
    with pytest.raises(ValueError, match="negative"):
        ranged.seek(-len(DATA) - 1, io.SEEK_END)


def test_given_no_object_then_the_store_is_not_available_when_it_is_read(store: RemoteStore) -> None:
    with open_seekable(store, "f" * 32, 10) as file, pytest.raises(StoreUnavailable):
        file.read(1)


def test_given_no_file_then_the_store_is_not_available_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_seekable(LocalBlobStore(tmp_path), "f" * 32, 10)


def test_given_an_object_that_is_shorter_than_its_row_says_then_reading_fails(store: RemoteStore) -> None:
    with open_seekable(store, KEY, len(DATA) + 100) as file:
        file.seek(-50, io.SEEK_END)
        with pytest.raises(StoreUnavailable):
            file.read()


def test_an_archive_can_be_looked_into(store: RemoteStore) -> None:
    archive = io.BytesIO()
    with ZipFile(archive, "w") as writing:
        writing.writestr("big", content(300_000))
        writing.writestr("small", "text")
    store.write("a" * 32, [archive.getvalue()])

    with open_seekable(store, "a" * 32, len(archive.getvalue())) as file, ZipFile(file) as reading:
        assert reading.namelist() == ["big", "small"]
        assert reading.read("small") == b"text"
