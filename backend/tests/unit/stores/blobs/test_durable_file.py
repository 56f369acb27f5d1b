"""Large files: past the page cache in whole chunks, and whole whatever the file system makes of that."""

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.blob_store_contract import failing_after
from tests.support.builders import content
from tests.support.raised import SourceBroken
from wxcloudrun.stores.blobs.durable_file import CHUNK_BYTES, SYNC_EVERY_CHUNKS, DurableFile
from wxcloudrun.stores.blobs.port import StoreUnavailable

Blocks = Iterator[bytes]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is written."""
    return tmp_path / "file"


def write(path: Path, blocks: Blocks) -> None:
    """Write a file in blocks."""
    with path.open("xb", buffering=0) as file, DurableFile(file.fileno()) as durable:
        for block in blocks:
            durable.write(block)


def cut(data: bytes, size: int) -> Blocks:
    """Cut bytes into blocks."""
    return (data[at : at + size] for at in range(0, len(data), size))


def is_direct(descriptor: int) -> bool:
    """Tell whether writes go past the page cache."""
    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT)


def takes_direct(folder: Path) -> bool:
    """Tell whether the file system of a folder lets files be written past the page cache."""
    try:
        os.close(os.open(folder / "probe", os.O_CREAT | os.O_WRONLY | os.O_DIRECT))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("size", [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 4097])
@pytest.mark.parametrize("block", [65_521, 5 * CHUNK_BYTES])
def test_a_file_holds_exactly_the_bytes_that_were_written(path: Path, size: int, block: int) -> None:
    data = content(size)

    write(path, cut(data, block))

    assert path.read_bytes() == data


def test_whole_chunks_go_past_the_page_cache_and_the_rest_through_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not takes_direct(path.parent):
        pytest.skip("this file system has no O_DIRECT")
    seen: list[tuple[int, bool]] = []
    system_write = os.write

    def noting(descriptor: int, view: memoryview) -> int:
        seen.append((len(view), is_direct(descriptor)))
        return system_write(descriptor, view)

    monkeypatch.setattr(os, "write", noting)
    data = content(2 * CHUNK_BYTES + 100)

    write(path, cut(data, CHUNK_BYTES))

    assert seen == [(CHUNK_BYTES, True), (CHUNK_BYTES, True), (100, False)]
    assert path.read_bytes() == data


@pytest.mark.parametrize("refused", ["the flag", "the write"])
def test_given_a_file_system_that_refuses_that_then_the_file_is_synced_while_it_grows(
    path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    synced: list[int] = []
    system_write, system_fcntl = os.write, fcntl.fcntl

    def writing(descriptor: int, view: memoryview) -> int:
        if is_direct(descriptor):
            raise OSError(errno.EINVAL, "unaligned")
        return system_write(descriptor, view)

    def flagging(descriptor: int, command: int, argument: int = 0) -> int:
        if command == fcntl.F_SETFL and argument & os.O_DIRECT:
            raise OSError(errno.EINVAL, "not here")
        return system_fcntl(descriptor, command, argument)

    monkeypatch.setattr(os, "fdatasync", synced.append)
    if refused == "the flag":
        monkeypatch.setattr(fcntl, "fcntl", flagging)
    else:
        monkeypatch.setattr(os, "write", writing)
    data = content((2 * SYNC_EVERY_CHUNKS + 1) * CHUNK_BYTES + 1)

    write(path, cut(data, CHUNK_BYTES))

    assert len(synced) == 2
    assert path.read_bytes() == data


def test_a_kernel_that_takes_a_chunk_in_pieces_gets_all_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system_write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, view: system_write(descriptor, view[:999_999]))
    data = content(2 * CHUNK_BYTES + 7)

    write(path, cut(data, CHUNK_BYTES))

    assert path.read_bytes() == data


@pytest.mark.parametrize("chunk", [1, 2, 4])
def test_given_a_disk_that_is_full_in_the_middle_then_the_writer_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    left = [chunk]
    system_write = os.write

    def filling(descriptor: int, view: memoryview) -> int:
        left[0] -= 1
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return system_write(descriptor, view)

    monkeypatch.setattr(os, "write", filling)

    with pytest.raises(StoreUnavailable, match="full"):
        write(path, cut(content(4 * CHUNK_BYTES), CHUNK_BYTES))


def test_given_a_source_that_fails_then_its_failure_counts_and_no_thread_goes_on(path: Path) -> None:
    with pytest.raises(SourceBroken):
        write(path, failing_after(cut(content(3 * CHUNK_BYTES), CHUNK_BYTES)))

    assert "disk" not in {thread.name for thread in threading.enumerate()}
