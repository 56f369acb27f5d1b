"""Digests that go on where another process has left them."""

import hashlib

import pytest

from tests.support.builders import content
from wxcloudrun.stores.blobs import continued_hash
from wxcloudrun.stores.blobs.continued_hash import PlainDigests, RunningDigests, maker, running_digests
from wxcloudrun.stores.blobs.measuring import Measured

EXTRA = {"sha1", "md5", "sha512"}
DATA = content(300_001)


def expected(names: set[str]) -> Measured:
    """Return what hashlib says."""
    digests = {name: hashlib.new(name, DATA, usedforsecurity=False).hexdigest() for name in names}
    return Measured(len(DATA), **digests)


@pytest.mark.parametrize("wanted", [set(), {"sha1", "md5"}, EXTRA])
def test_given_a_state_kept_after_every_piece_then_the_digests_are_those_of_the_whole(
    wanted: set[str],
) -> None:
    kept = RunningDigests.fresh(wanted).kept()
    for start in range(0, len(DATA), 77_777):
        running = RunningDigests.restored(kept)
        running.update(DATA[start : start + 77_777])
        kept = running.kept()

    assert len(kept) < 640
    assert RunningDigests.restored(kept).measured(len(DATA)) == expected({"sha256", *wanted})


def test_who_has_made_a_state_is_told_and_is_the_same_for_every_process_of_this_start() -> None:
    assert maker() is not None
    assert continued_hash.BOOT_ID.read_text().strip() in str(maker())


@pytest.mark.parametrize("trouble", ["hidden", "wrong"])
def test_given_functions_that_are_hidden_or_wrong_then_nothing_is_kept_and_hashlib_does_it(
    monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    maker.cache_clear()
    if trouble == "hidden":
        monkeypatch.setattr(continued_hash, "NAMES", {"sha256": "NO_SUCH"})
        continued_hash.functions_of.cache_clear()
    else:
        monkeypatch.setattr(continued_hash, "SIZES", {**continued_hash.SIZES, "sha256": 100})

    try:
        assert maker() is None
        digests = running_digests({"sha256"})
        digests.update(DATA)
        assert isinstance(digests, PlainDigests)
        assert digests.measured(len(DATA)) == expected({"sha256"})
    finally:
        maker.cache_clear()
        continued_hash.functions_of.cache_clear()
