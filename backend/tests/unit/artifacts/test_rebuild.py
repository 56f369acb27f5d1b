"""Rebuilding: rows that were lost come back from the bytes, which were not."""

from collections.abc import Callable

from flask import Flask

from tests.support.builders import sha256
from tests.support.registry import Workshop
from tests.unit.artifacts.conftest import Keeper
from tests.unit.artifacts.test_fsck import without_foreign_keys
from wxcloudrun.artifacts.models import Artifact, PendingDeletion

Deposit = Callable[..., str]


def test_given_a_lost_row_when_rebuilt_then_its_references_work_again(
    app: Flask, shop: Workshop, deposit: Deposit, keeper: Keeper
) -> None:
    artifact_id = deposit(b"lost row", tag="t")
    without_foreign_keys(app, "DELETE FROM artifacts")
    assert shop.download("t").status == 404

    report = keeper.rebuild()

    assert report.created == [artifact_id]
    answer = shop.download("t")
    assert answer.body == b"lost row"
    assert keeper.fsck(deep=True).findings == []
    facts = shop.owner.get(f"/api/v1/artifact/{artifact_id}").ok().data
    assert (facts["sha256"], facts["size"]) == (sha256(b"lost row"), 8)
    assert (len(facts["md5"]), len(facts["sha1"])) == (32, 40)


def test_given_a_row_whose_object_is_gone_and_another_object_with_its_bytes_then_it_is_healed(
    shop: Workshop, deposit: Deposit, keeper: Keeper
) -> None:
    artifact_id = deposit(b"moved", tag="t")
    keeper.store.delete(keeper.key_of(artifact_id))
    key = keeper.orphan(b"moved")

    assert keeper.rebuild().healed == [artifact_id]
    assert keeper.key_of(artifact_id) == key
    assert shop.download("t").body == b"moved"


def test_given_a_second_copy_of_bytes_that_are_well_then_it_is_left_to_the_sweeper(
    deposit: Deposit, keeper: Keeper
) -> None:
    deposit(b"twice", tag="t")
    keeper.orphan(b"twice")

    assert keeper.rebuild().surplus == 1
    assert keeper.count(Artifact) == 1
    assert keeper.sweep().objects_removed == 1


def test_given_leases_and_pending_deletions_then_their_objects_are_nobodys_business(
    shop: Workshop, deposit: Deposit, keeper: Keeper
) -> None:
    keeper.lease(keeper.orphan(), seconds=60)
    deposit(b"gone", tag="t")
    shop.maintainer.delete(shop.url("/tags/t")).ok()
    keeper.collect()

    report = keeper.rebuild()

    assert (report.created, report.bytes_hashed) == ([], 0)
    assert keeper.count(PendingDeletion) == 1


def test_given_rebuilt_rows_then_no_trace_of_the_claim_remains(keeper: Keeper) -> None:
    keeper.orphan(b"alone")

    assert keeper.rebuild().created == [sha256(b"alone")]
    assert keeper.count(PendingDeletion) == 0
