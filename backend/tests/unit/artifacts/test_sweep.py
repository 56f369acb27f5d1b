"""The sweeper: the store holds what rows name, and no upload that lives is ever touched."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.support.builders import content
from tests.support.registry import Workshop
from tests.unit.artifacts.conftest import Keeper
from wxcloudrun.artifacts.models import Artifact, Lease, PendingDeletion
from wxcloudrun.artifacts.service.leases import LEASE_SECONDS
from wxcloudrun.kit import ids
from wxcloudrun.kit.errors import Unavailable
from wxcloudrun.stores.blobs.port import StoredObject, StoreUnavailable

MIB = 1024 * 1024


def test_given_an_object_that_nothing_names_then_it_goes(keeper: Keeper) -> None:
    keeper.orphan()

    report = keeper.sweep()

    assert (report.orphans, report.objects_removed) == (1, 1)
    assert keeper.object_keys() == set()
    assert keeper.count(PendingDeletion) == 0


def test_given_artifacts_then_their_objects_stay(shop: Workshop, keeper: Keeper) -> None:
    shop.upload(b"kept", tag="t").ok()

    report = keeper.sweep()

    assert (report.objects_seen, report.orphans) == (1, 0)
    assert shop.download("t").body == b"kept"


def test_given_a_live_lease_then_its_object_stays(keeper: Keeper) -> None:
    key = keeper.orphan()
    keeper.lease(key, seconds=60)

    assert keeper.sweep().orphans == 0
    assert keeper.object_keys() == {key}


def test_given_an_expired_lease_then_it_ends_and_its_object_goes(keeper: Keeper) -> None:
    keeper.lease(keeper.orphan(), seconds=-1)

    report = keeper.sweep()

    assert (report.expired_leases, report.objects_removed) == (1, 1)
    assert keeper.count(Lease) == 0
    assert keeper.object_keys() == set()


def test_given_an_object_that_waits_for_its_links_to_expire_then_the_sweeper_waits_too(
    shop: Workshop, keeper: Keeper
) -> None:
    shop.upload(b"gone", tag="t").ok()
    shop.maintainer.delete(shop.url("/tags/t")).ok()
    keeper.collect()

    report = keeper.sweep()

    assert (report.orphans, report.objects_removed) == (0, 0)
    assert len(keeper.object_keys()) == 1


def test_given_an_upload_whose_lease_was_taken_when_it_ends_then_it_is_refused_and_leaves_nothing(
    app: Flask, keeper: Keeper, later: Callable[[int], None]
) -> None:
    def upload() -> None:
        with keeper.intake().open() as intake:
            intake.take([b"slow"])
            later(LEASE_SECONDS + 1)
            assert keeper.sweep().expired_leases == 1
            intake.complete(intake.adopt)

    with app.app_context(), pytest.raises(Unavailable):
        upload()

    assert keeper.object_keys() == set()
    assert keeper.count(Artifact) == 0


def test_given_an_upload_whose_lease_is_taken_while_bytes_flow_then_its_write_fails(
    app: Flask, keeper: Keeper, later: Callable[[int], None]
) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"first"
        later(LEASE_SECONDS + 1)
        assert keeper.sweep().expired_leases == 1
        yield b"second"

    def upload() -> None:
        with keeper.intake().open() as intake:
            intake.take(blocks())  # a directory notices at once, an S3 server does not
            intake.complete(intake.renounce)

    with app.app_context(), pytest.raises(Unavailable):
        upload()

    assert keeper.object_keys() == set()
    assert keeper.count(Lease) == 0


def test_given_an_upload_that_commits_after_the_listing_then_its_object_stays(
    shop: Workshop, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race that a sweeper without leases loses: it lists, the row commits, it finds no lease."""
    real = keeper.store.keys
    listed: list[str] = []

    def list_then_commit(shard: str | None = None) -> Iterator[StoredObject]:
        found = list(real(shard))
        if not listed:
            listed.append("once")
            shop.upload(b"in between", tag="t").ok()
            found += list(real())
        return iter(found)

    monkeypatch.setattr(keeper.store, "keys", list_then_commit)

    assert keeper.sweep().orphans == 0
    assert shop.download("t").body == b"in between"


def test_given_most_objects_without_a_name_then_nothing_is_removed_unless_forced(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wxcloudrun.artifacts.service.sweep.SUSPICIOUS_ORPHANS", 3)
    keys = {keeper.orphan() for _ in range(4)}

    report = keeper.sweep()
    assert (report.refused, report.orphans, report.objects_removed) == (True, 4, 0)
    assert keeper.object_keys() == keys

    assert keeper.sweep(force=True).objects_removed == 4


@pytest.mark.parametrize("lease_seconds", [None, 60])
def test_given_an_unfinished_write_then_it_is_thrown_away_unless_a_lease_names_it(
    keeper: Keeper, lease_seconds: int | None
) -> None:
    key, aborted = ids.new_id(), []
    if lease_seconds is not None:
        keeper.lease(key, seconds=lease_seconds)

    def blocks() -> Iterator[bytes]:
        for number in range(20):  # more than S3 takes in one piece
            yield content(MIB, number)
        aborted.append(keeper.sweep().aborted_writes)
        yield b"the end"

    if lease_seconds is None:
        with pytest.raises(StoreUnavailable):
            keeper.store.write(key, blocks())
    else:
        keeper.store.write(key, blocks())

    assert aborted == [1 if lease_seconds is None else 0]
    assert keeper.object_keys() == (set() if lease_seconds is None else {key})
    assert list(keeper.store.unfinished()) == []


def test_given_the_command_then_it_ends_with_zero_and_with_one_if_it_refused(
    app: Flask, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wxcloudrun.artifacts.service.sweep.SUSPICIOUS_ORPHANS", 1)
    keeper.orphan()
    keeper.orphan()
    run = app.test_cli_runner().invoke

    assert run(args=["sweep", "--json"]).exit_code == 1
    forced = run(args=["sweep", "--json", "--force"])

    assert forced.exit_code == 0
    assert app.json.loads(forced.stdout)["objects_removed"] == 2
