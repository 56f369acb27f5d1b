"""What a store tells of the bytes that have reached it is compared with what was sent."""

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from flask import Flask

from tests.support.builders import content
from tests.unit.artifacts.conftest import Keeper
from wxcloudrun.artifacts.models import Lease
from wxcloudrun.stores.blobs.local import LocalBlobStore
from wxcloudrun.stores.blobs.port import StoreUnavailable

DATA = content(70_000)


class TellingStore(LocalBlobStore):
    """Tells the MD5 that a test wants, of bytes that it may alter first."""

    def __init__(self, root: Path, told: Callable[[bytes], str | None], altered: bytes | None = None) -> None:
        super().__init__(root)
        self._told = told
        self._altered = altered

    def write(self, key: str, blocks: Iterable[bytes], size_bytes: int | None = None) -> str | None:
        """Store the bytes, or others in their place."""
        sent = b"".join(blocks)
        arrived = sent if self._altered is None else self._altered
        super().write(key, [arrived], size_bytes)
        return self._told(arrived)


def md5_of(data: bytes) -> str:
    """Return an MD5 as an S3 server tells it."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "told", [md5_of, lambda _: None, lambda _: "0" * 32], ids=["md5", "nothing", "other"]
)
def test_given_bytes_that_arrive_as_they_were_then_they_are_taken_whatever_the_store_tells(
    app: Flask, tmp_path: Path, told: Callable[[bytes], str | None]
) -> None:
    keeper = Keeper(app, TellingStore(tmp_path / "store", told))

    with app.app_context(), keeper.intake().open() as intake:
        measured = intake.take([DATA])
        assert b"".join(keeper.store.read(intake.key)) == DATA

    assert measured.md5 == md5_of(DATA)


def test_given_bytes_that_were_altered_on_the_way_then_they_are_refused_and_do_not_stay(
    app: Flask, tmp_path: Path
) -> None:
    keeper = Keeper(app, TellingStore(tmp_path / "store", md5_of, altered=DATA[:-1] + b"?"))

    with app.app_context(), pytest.raises(StoreUnavailable), keeper.intake().open() as intake:
        intake.take([DATA])

    assert keeper.count(Lease) == 0
    keeper.collect()
    assert keeper.object_keys() == set()


class LosingStore(TellingStore):
    """Tells an MD5 of bytes that it does not keep."""

    def write(self, key: str, blocks: Iterable[bytes], size_bytes: int | None = None) -> str | None:
        """Take the bytes, and lose them."""
        told = super().write(key, blocks, size_bytes)
        self.delete(key)
        return told


def test_given_a_store_that_lost_the_bytes_and_tells_of_others_then_it_is_said_to_have_failed(
    app: Flask, tmp_path: Path
) -> None:
    keeper = Keeper(app, LosingStore(tmp_path / "store", lambda _: "0" * 32))

    with (
        app.app_context(),
        pytest.raises(StoreUnavailable, match="has not kept"),
        keeper.intake().open() as intake,
    ):
        intake.take([DATA])

    assert keeper.count(Lease) == 0
