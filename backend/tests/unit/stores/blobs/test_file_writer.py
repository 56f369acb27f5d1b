"""Objects that are written in several goes, on a disk: durability, room, and writers that come too late."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.builders import content
from tests.support.small_disks import MIB, small_disk
from wxcloudrun.kit import ids
from wxcloudrun.stores.blobs import continued_hash
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.port import ObjectMissing, OtherSize, StoreFull
from wxcloudrun.stores.blobs.writing import Fence, Preempted, WrittenPart

KEY = "0123456789abcdef0123456789abcdef"
PART_BYTES = 64 * 4096


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the store lies."""
    return tmp_path / "blobs"


@pytest.fixture
def store(root: Path) -> LocalBlobStore:
    """A store in an empty directory."""
    return LocalBlobStore(root)


def files(root: Path) -> list[str]:
    """Return every file below a directory."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_put_is_synced_before_it_returns_and_a_name_before_the_object_counts(
    store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    for name in ("fsync", "fdatasync"):
        original = getattr(os, name)

        def noting(descriptor: int, original: Callable[[int], None] = original) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            synced.append(path.relative_to(root).as_posix())
            original(descriptor)

        monkeypatch.setattr(os, name, noting)

    writer = store.begin(KEY, size_bytes=6, part_bytes=6)
    part = writer.put(0, [b"abc", b"def"], Fence(0, 1))
    writer.seal([part])

    assert synced == ["tmp", f"tmp/{KEY}", f"tmp/{KEY}", "objects", "objects/01"]
    assert files(root) == [f"objects/01/{KEY}"]


def test_given_a_crash_between_the_rename_and_the_last_unlink_then_sealing_again_cleans_up(
    store: LocalBlobStore, root: Path
) -> None:
    writer = store.begin(KEY, size_bytes=3, part_bytes=3)
    part = writer.put(0, [b"abc"], Fence(0, 1))
    (root / "objects/01").mkdir()
    (root / "tmp" / KEY).rename(root / "objects/01" / KEY)
    assert list(store.unfinished()) == [KEY]

    writer.seal([part])

    assert files(root) == [f"objects/01/{KEY}"]


def test_given_a_file_that_a_power_cut_has_shortened_then_it_is_not_sealed(
    store: LocalBlobStore, root: Path
) -> None:
    writer = store.begin(KEY, size_bytes=6, part_bytes=6)
    part = writer.put(0, [b"abcdef"], Fence(0, 1))
    os.truncate(root / "tmp" / KEY, 5)

    with pytest.raises(OtherSize):
        writer.seal([part])
    assert store.size_of(KEY) is None


def test_given_bytes_behind_the_last_part_that_counts_then_the_object_ends_with_that_part(
    store: LocalBlobStore,
) -> None:
    writer = store.begin(KEY, size_bytes=None, part_bytes=6)
    part = writer.put(0, [b"abc"], Fence(0, 1))
    writer.put(3, [b"not counted"], Fence(0, 2))

    writer.seal([part])

    assert b"".join(store.read(KEY)) == b"abc"


def test_given_a_writer_that_wakes_behind_the_seal_then_the_object_does_not_change(
    store: LocalBlobStore,
) -> None:
    writer = store.begin(KEY, size_bytes=6, part_bytes=3)
    tail = writer.put(3, [b"def"], Fence(1, 1))

    def stalling() -> Iterator[bytes]:
        yield b"x"
        writer.seal([writer.put(0, [b"abc"], Fence(0, 2)), tail])
        yield b"yz"

    with pytest.raises(Preempted):
        writer.put(0, stalling(), Fence(0, 1))

    assert b"".join(store.read(KEY)) == b"abcdef"


def test_given_a_writer_that_comes_with_an_old_epoch_then_it_gets_nowhere(store: LocalBlobStore) -> None:
    writer = store.begin(KEY, size_bytes=3, part_bytes=3)
    writer.put(0, [b"abc"], Fence(0, 2))

    with pytest.raises(Preempted):
        writer.put(0, [b"xyz"], Fence(0, 1))
    writer.cancel()
    with pytest.raises(ObjectMissing):
        writer.put(0, [b"xyz"], Fence(0, 3))


def test_given_a_disk_without_room_then_the_put_stops_before_the_reserve_and_can_go_on_later(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path, mebibytes=32) as disk:
        store = LocalBlobStore(disk, reserve_bytes=8 * MIB)
        writer = store.begin(KEY, size_bytes=40 * MIB, part_bytes=20 * MIB)
        first = writer.put(0, [content(4 * MIB)], Fence(0, 1))

        with pytest.raises(StoreFull):
            writer.put(20 * MIB, (content(MIB) for _ in range(30)), Fence(1, 1))

        assert b"".join(writer.read([first])) == content(4 * MIB)
        writer.cancel()
        assert list(store.unfinished()) == []


def test_given_another_start_of_the_machine_then_a_part_is_to_be_compared(
    store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = store.begin(ids.new_id(), size_bytes=5, part_bytes=5)
    part = writer.put(0, [b"bytes"], Fence(0, 1))
    assert writer.is_sure_of(part)
    assert not writer.is_sure_of(WrittenPart(0, 5, ""))  # of an earlier release

    for maker in ("the same;another start", None):
        monkeypatch.setattr(continued_hash, "maker", lambda maker=maker: maker)
        assert not writer.is_sure_of(part)
