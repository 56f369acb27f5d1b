"""Maintenance leaves one entry in the audit log for each run that has changed something, with its figures."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.support.builders import Person
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.unit.artifacts.conftest import DAY_SECONDS, LINK_SECONDS, Keeper
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import StoreUnavailable


@pytest.fixture
def recorded(client: ApiClient, make_person: Callable[..., Person]) -> Callable[[str], list[dict[str, Any]]]:
    """Return what the log says about one kind of run, oldest first."""
    root = client.as_(make_person("root", is_admin=True).token)

    def entries(action: str) -> list[dict[str, Any]]:
        found = root.get("/api/v1/audit", query={"action": action}).ok().items[::-1]
        assert {(each["actor_id"], each["credential"]) for each in found} <= {(None, "system")}
        return found

    return entries


Recorded = Callable[[str], list[dict[str, Any]]]


def test_a_collection_says_what_it_has_deleted(
    shop: Workshop, keeper: Keeper, recorded: Recorded, later: Callable[[int], None]
) -> None:
    shop.upload(b"gone", tag="t").ok()
    shop.maintainer.delete(shop.url("/tags/t")).ok()
    keeper.collect()
    later(LINK_SECONDS + 1)
    keeper.collect()

    entries = recorded("store.collected")

    assert [each["after"] for each in entries] == [{"artifacts": 1, "bytes": 4}, {"objects": 1}]
    assert {each["object"] for each in entries} == {"store"}


def test_a_sweep_says_what_it_has_removed(keeper: Keeper, recorded: Recorded) -> None:
    keeper.orphan()
    keeper.lease("a" * 32, seconds=-1)

    keeper.sweep()

    [entry] = recorded("store.swept")
    assert entry["after"] == {"expired_leases": 1, "objects_removed": 2}


def test_a_repair_and_what_is_put_back_are_recorded(app: Flask, keeper: Keeper, recorded: Recorded) -> None:
    key = keeper.orphan()

    keeper.fsck(repair=True)
    restored = app.test_cli_runner().invoke(args=["restore", key])

    assert restored.exit_code == 0
    assert [each["after"] for each in recorded("store.repaired")] == [{"quarantined": 1}]
    assert [each["object"] for each in recorded("object.restored")] == [f"store/object/{key}"]


def test_a_rebuilding_says_how_many_rows_it_has_made(keeper: Keeper, recorded: Recorded) -> None:
    keeper.orphan(b"one")
    keeper.orphan(b"two")

    keeper.rebuild()

    assert [each["after"] for each in recorded("store.rebuilt")] == [{"created": 2}]


def test_runs_that_change_nothing_leave_nothing(shop: Workshop, keeper: Keeper, recorded: Recorded) -> None:
    shop.upload(b"kept", tag="t").ok()
    shop.upload(b"marked", tag="u").ok()
    shop.maintainer.delete(shop.url("/tags/u")).ok()
    keeper.orphan()

    keeper.collect(grace_seconds=DAY_SECONDS)
    keeper.fsck()

    for action in ("store.collected", "store.swept", "store.repaired", "store.rebuilt"):
        assert recorded(action) == []


def test_a_run_that_fails_half_way_says_what_it_has_done(
    shop: Workshop, keeper: Keeper, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.upload(b"gone", tag="t").ok()
    shop.maintainer.delete(shop.url("/tags/t")).ok()

    def fail(_service: object) -> int:
        raise StoreUnavailable(text("down"))

    monkeypatch.setattr("wxcloudrun.artifacts.service.deletions.DeletionService.carry_out", fail)
    with pytest.raises(StoreUnavailable):
        keeper.collect()

    assert [each["after"] for each in recorded("store.collected")] == [{"artifacts": 1, "bytes": 4}]
