"""The local directory: the contract, and what happens when the file system does not cooperate."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.blob_store_contract import BlobStoreContract, failing_after
from tests.support.builders import content
from tests.support.raised import SourceBroken
from wxcloudrun.kit import ids
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.port import BLOCK_BYTES, BlobStore, ObjectMissing, StoreUnavailable, object_path

KEY = "0123456789abcdef0123456789abcdef"


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


def failing(code: int) -> Callable[..., Any]:
    """Return what the operating system does when it refuses."""

    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(code, os.strerror(code))

    return refuse


class TestLocalBlobStore(BlobStoreContract):
    """Everything that every store promises."""

    @pytest.fixture(autouse=True)
    def _root(self, root: Path) -> None:
        self.root = root

    def leftovers(self, store: BlobStore) -> list[str]:
        """Return unfinished files."""
        del store
        return files(self.root / "tmp")


class TestLayout:
    def test_an_object_lies_below_the_two_first_digits_of_its_key(
        self, store: LocalBlobStore, root: Path
    ) -> None:
        store.write(KEY, [b"bytes"])

        assert files(root) == [f"objects/01/{KEY}"]

    def test_an_object_has_no_name_before_it_is_whole(self, store: LocalBlobStore, root: Path) -> None:
        seen: list[list[str]] = []

        def watching() -> Any:
            yield b"first"
            seen.append(files(root))
            yield b"second"

        store.write(KEY, watching())

        assert seen == [[f"tmp/{KEY}"]]
        assert files(root) == [f"objects/01/{KEY}"]

    def test_what_is_unfinished_is_not_listed(self, store: LocalBlobStore, root: Path) -> None:
        (root / "tmp" / ids.new_id()).write_bytes(b"half")

        assert list(store.keys()) == []

    def test_a_store_can_be_opened_again(self, store: LocalBlobStore, root: Path) -> None:
        store.write(KEY, [b"bytes"])

        assert b"".join(LocalBlobStore(root).read(KEY)) == b"bytes"

    def test_a_directory_serves_no_urls_and_gives_real_files(self, store: LocalBlobStore) -> None:
        store.write(KEY, [b"bytes"])

        with store.open_file(KEY) as file:
            assert stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        with pytest.raises(ObjectMissing):
            store.open_file(ids.new_id())


class TestDurability:
    def test_the_bytes_and_then_the_name_are_synced_before_a_write_returns(
        self, store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[str] = []
        fsync = os.fsync

        def noting(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            synced.append(path.relative_to(root).as_posix())
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", noting)
        store.write(KEY, [b"bytes"])

        assert synced == [f"tmp/{KEY}", "objects", "objects/01"]

    def test_a_kernel_that_takes_a_block_in_pieces_gets_all_of_it(
        self, store: LocalBlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = os.write
        monkeypatch.setattr(os, "write", lambda descriptor, block: write(descriptor, block[:1000]))
        data = content(10_500)

        store.write(KEY, [data])

        assert b"".join(store.read(KEY)) == data

    def test_a_reader_that_has_begun_is_not_disturbed_by_a_deletion(self, store: LocalBlobStore) -> None:
        data = content(3 * BLOCK_BYTES)
        store.write(KEY, [data])
        reader = store.read(KEY)
        first = next(reader)

        store.delete(KEY)

        assert first + b"".join(reader) == data

    def test_an_object_that_was_cut_off_fails_while_it_is_read(
        self, store: LocalBlobStore, root: Path
    ) -> None:
        store.write(KEY, [content(3 * BLOCK_BYTES)])
        reader = store.read(KEY)
        next(reader)
        os.truncate(root / object_path(KEY), BLOCK_BYTES + 10)

        with pytest.raises(StoreUnavailable):
            b"".join(reader)


class TestRefusals:
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
    def test_given_a_full_disk_then_the_caller_is_told_to_come_back_and_nothing_remains(
        self, store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        monkeypatch.setattr(os, "write", failing(code))

        with pytest.raises(StoreUnavailable, match="full") as refused:
            store.write(KEY, [b"bytes"])

        assert refused.value.status == 503
        assert int(refused.value.headers["Retry-After"]) > 0
        assert files(root) == []

    @pytest.mark.parametrize("call", ["fsync", "write"])
    def test_given_a_disk_that_fails_then_nothing_is_called_stored(
        self, store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        monkeypatch.setattr(os, call, failing(errno.EIO))

        with pytest.raises(StoreUnavailable):
            store.write(KEY, [b"bytes"])

        assert files(root) == []

    def test_the_refusal_shows_no_path_of_this_machine(
        self, store: LocalBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "write", failing(errno.EIO))

        with pytest.raises(StoreUnavailable) as refused:
            store.write(KEY, [b"bytes"])

        assert str(root) not in refused.value.message
        assert KEY not in refused.value.message

    @pytest.mark.parametrize("damage", ["removed", "a file"])
    def test_given_a_directory_that_is_gone_then_every_method_says_so(
        self, store: LocalBlobStore, root: Path, damage: str
    ) -> None:
        store.write(KEY, [b"bytes"])
        shutil.rmtree(root)
        if damage == "a file":
            root.write_bytes(b"")

        for attempt in (
            lambda: store.write(ids.new_id(), [b"bytes"]),
            store.check,
            lambda: list(store.keys()),
        ):
            with pytest.raises(StoreUnavailable):
                attempt()

    def test_given_that_only_the_place_of_finished_objects_is_gone_then_the_check_notices(
        self, store: LocalBlobStore, root: Path
    ) -> None:
        (root / "objects").rmdir()

        with pytest.raises(StoreUnavailable):
            store.check()

    def test_a_source_that_fails_is_not_mistaken_for_the_disk(self, store: LocalBlobStore) -> None:
        def broken() -> Any:
            yield b"bytes"
            raise OSError(errno.ECONNRESET, "the client went away")

        with pytest.raises(OSError, match="went away"):
            store.write(KEY, broken())

    def test_given_a_source_that_fails_over_a_directory_that_is_gone_then_its_own_failure_counts(
        self, store: LocalBlobStore, root: Path
    ) -> None:
        def removing() -> Any:
            yield b"bytes"
            shutil.rmtree(root)
            root.write_bytes(b"")

        with pytest.raises(SourceBroken):
            store.write(KEY, failing_after(removing()))
