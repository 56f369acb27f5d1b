"""The reserve of a disk, and writers that stop before it."""

import errno
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.blob_store_contract import in_blocks
from tests.support.builders import content
from tests.support.small_disks import MIB, free_bytes, small_disk
from wxcloudrun.kit import ids
from wxcloudrun.kit.disk import Disk
from wxcloudrun.stores.blobs import room
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.port import StoreFull, StoreReadOnly, StoreUnavailable

GIB = 1024 * MIB
KEY = "0" * 32


class DiskFigures:
    """What a file system says about itself, in the hands of a test."""

    def __init__(self) -> None:
        self.whole, self.free, self.files, self.free_files = 100 * GIB, 50 * GIB, 1_000_000, 900_000

    def statvfs(self, _path: object) -> os.statvfs_result:
        blocks, free = self.whole // 4096, self.free // 4096
        return os.statvfs_result(
            (4096, 4096, blocks, free, free, self.files, self.free_files, self.free_files, 0, 255)
        )


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> DiskFigures:
    """A disk of any size."""
    made = DiskFigures()
    monkeypatch.setattr(os, "statvfs", made.statvfs)
    return made


@pytest.mark.parametrize(
    ("whole", "setting", "reserve"),
    [
        (100 * GIB, None, 512 * MIB),
        (10 * GIB, None, 512 * MIB),
        (2 * GIB, None, 2 * GIB // 20),
        (64 * MIB, None, 64 * MIB // 20),
        (100 * GIB, 7 * GIB, 7 * GIB),
        (100 * GIB, 0, 0),
        (64 * MIB, GIB, 32 * MIB),
    ],
)
def test_the_reserve_is_half_a_gibibyte_or_a_twentieth_or_what_is_set_and_never_more_than_half(
    figures: DiskFigures, tmp_path: Path, whole: int, setting: int | None, reserve: int
) -> None:
    figures.whole = whole

    assert Disk(tmp_path, setting).kept_bytes() == reserve


@pytest.mark.parametrize(
    ("free", "size", "share", "fits"),
    [
        (512 * MIB, 0, 1, True),
        (512 * MIB, 4096, 1, False),
        (512 * MIB - 4096, 0, 1, False),
        (600 * MIB, 88 * MIB, 1, True),
        (600 * MIB, 89 * MIB, 1, False),
        (256 * MIB, 0, 2, True),
        (256 * MIB - 4096, 0, 2, False),
    ],
)
def test_what_is_announced_has_to_fit_beside_the_reserve_or_a_share_of_it(
    figures: DiskFigures, tmp_path: Path, free: int, size: int, share: int, *, fits: bool
) -> None:
    figures.free = free

    assert Disk(tmp_path).has_room_for(size, reserve_share=share) is fits


def test_a_disk_runs_out_of_files_too(figures: DiskFigures, tmp_path: Path) -> None:
    figures.free_files = 1000
    assert not Disk(tmp_path).has_room_for(0)

    figures.files = figures.free_files = 0  # a file system that does not count them
    assert Disk(tmp_path).has_room_for(0)


class TestStore:
    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[Path]:
        """A disk of 64 MiB."""
        with small_disk(tmp_path) as disk:
            yield disk

    @pytest.fixture
    def store(self, place: Path) -> LocalBlobStore:
        """A store that has the disk for itself, and a reserve of 16 MiB."""
        return LocalBlobStore(place / "blobs", reserve_bytes=16 * MIB)

    def test_what_would_touch_the_reserve_is_refused_beforehand(self, store: LocalBlobStore) -> None:
        store.require_room(40 * MIB)

        with pytest.raises(StoreFull) as refused:
            store.require_room(50 * MIB)

        assert (refused.value.status, refused.value.reason) == (503, "store_full")
        assert int(refused.value.headers["Retry-After"]) > 0

    def test_a_stream_of_unknown_length_stops_there_and_leaves_nothing(
        self, store: LocalBlobStore, place: Path
    ) -> None:
        free = free_bytes(place)
        least: list[int] = []

        def endless() -> Iterator[bytes]:
            while True:
                least.append(free_bytes(place))
                yield bytes(MIB)

        with pytest.raises(StoreFull):
            store.write(KEY, endless())

        assert 16 * MIB <= min(least) < 22 * MIB
        assert free_bytes(place) == free
        assert list(store.unfinished()) == []

    def test_however_many_write_at_once_the_reserve_is_not_touched(
        self, store: LocalBlobStore, place: Path
    ) -> None:
        least, over = [free_bytes(place)], threading.Event()

        def watch() -> None:
            while not over.is_set():
                least[0] = min(least[0], free_bytes(place))

        def write(number: int) -> bool:
            try:
                store.write(ids.new_id(), in_blocks(content(9 * MIB, seed=number), 100_000))
            except StoreFull:
                return False
            return True

        watcher = threading.Thread(target=watch)
        watcher.start()
        with ThreadPoolExecutor(8) as pool:
            written = sum(pool.map(write, range(8)))
        over.set()
        watcher.join()

        assert 1 <= written <= 5, "48 MiB are there for files of 9"
        assert least[0] >= 16 * MIB
        assert free_bytes(place) >= 64 * MIB - written * 10 * MIB

    def test_given_a_reserve_that_is_gone_then_ready_says_so_and_reading_and_deleting_go_on(
        self, store: LocalBlobStore, place: Path
    ) -> None:
        data = content(MIB)
        store.write(KEY, [data])
        store.check()
        os.truncate(place / "blobs" / "objects" / "00" / KEY, MIB)
        (place / "other").write_bytes(bytes(50 * MIB))

        with pytest.raises(StoreFull):
            store.check()
        assert b"".join(store.read(KEY)) == data
        store.delete(KEY)
        assert store.size_of(KEY) is None

    def test_bytes_are_whole_where_room_is_claimed_and_where_it_is_not(
        self, store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = content(5 * MIB + 12_345)
        for far_bytes in (0, room.FAR_BYTES):
            monkeypatch.setattr(room, "FAR_BYTES", far_bytes)
            key = ids.new_id()
            store.write(key, in_blocks(data, 333_333))

            assert store.size_of(key) == len(data)
            assert b"".join(store.read(key)) == data


@pytest.mark.parametrize("code", [errno.EOPNOTSUPP, errno.EINVAL])
def test_given_a_file_system_that_gives_nothing_in_advance_then_files_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    monkeypatch.setattr(room, "FAR_BYTES", 10**15)
    store = LocalBlobStore(tmp_path, reserve_bytes=0)

    store.write(KEY, [b"bytes"])

    assert b"".join(store.read(KEY)) == b"bytes"


@pytest.mark.parametrize(
    ("code", "refusal"),
    [(errno.ENOSPC, StoreFull), (errno.EDQUOT, StoreFull), (errno.EROFS, StoreReadOnly)],
)
def test_given_a_disk_that_refuses_then_the_refusal_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, refusal: type[StoreUnavailable]
) -> None:
    store = LocalBlobStore(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("wxcloudrun.stores.blobs.local.FileIO", fail)

    with pytest.raises(StoreUnavailable) as refused:
        store.write(KEY, [b"bytes"])

    assert type(refused.value) is refusal
