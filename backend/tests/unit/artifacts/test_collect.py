"""Garbage collection: what nothing refers to goes, everything else stays, at any grace time."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event

from tests.support.builders import content
from tests.support.registry import Workshop
from tests.unit.artifacts.conftest import DAY_SECONDS, LINK_SECONDS, Keeper
from wxcloudrun.artifacts.models import Artifact, PendingDeletion
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import db, transaction


def test_given_references_of_every_kind_when_collecting_then_all_their_artifacts_stay(
    shop: Workshop, keeper: Keeper
) -> None:
    shop.upload(b"bare").ok()
    shop.upload(b"tagged", tag="stable").ok()
    shop.upload(b"versioned", version="1.0.0").ok()

    report = keeper.collect()

    assert (report.examined, report.artifacts) == (3, 0)
    assert shop.download("stable").body == b"tagged"
    assert shop.download("version:1.0.0").body == b"versioned"


def test_given_an_artifact_without_references_when_collecting_then_its_row_goes_at_once(
    shop: Workshop, keeper: Keeper
) -> None:
    artifact_id = shop.upload(b"gone", tag="t").ok().data["artifact_id"]
    shop.maintainer.delete(shop.url("/tags/t")).ok()

    report = keeper.collect()

    assert (report.artifacts, report.bytes) == (1, 4)
    assert keeper.rows(Artifact) == 0
    assert shop.owner.get(f"/api/v1/artifact/{artifact_id}").status == 404


def test_given_a_collected_artifact_then_its_object_stays_until_every_link_has_expired(
    shop: Workshop, keeper: Keeper, later: Callable[[int], None]
) -> None:
    shop.upload(b"gone", tag="t").ok()
    shop.maintainer.delete(shop.url("/tags/t")).ok()
    keeper.collect()

    later(LINK_SECONDS - 1)
    assert keeper.collect().objects == 0
    assert len(keeper.object_keys()) == 1

    later(2)
    assert keeper.collect().objects == 1
    assert keeper.object_keys() == set()
    assert keeper.rows(PendingDeletion) == 0


def test_given_an_old_artifact_that_just_lost_its_last_reference_then_it_stays_for_the_grace_time(
    shop: Workshop, keeper: Keeper, later: Callable[[int], None]
) -> None:
    shop.upload(b"old", tag="t").ok()
    later(30 * DAY_SECONDS)
    shop.maintainer.delete(shop.url("/tags/t")).ok()

    assert keeper.collect(grace_seconds=DAY_SECONDS).artifacts == 0
    later(DAY_SECONDS - 1)
    assert keeper.collect(grace_seconds=DAY_SECONDS).artifacts == 0
    later(1)
    assert keeper.collect(grace_seconds=DAY_SECONDS).artifacts == 1


@pytest.mark.parametrize("way", ["bytes", "checksum"])
def test_given_a_reference_that_came_back_and_went_again_then_the_grace_time_begins_anew(
    shop: Workshop, keeper: Keeper, later: Callable[[int], None], way: str
) -> None:
    digest = shop.upload(b"wanted", tag="t").ok().data["artifact_id"]
    if way == "checksum":  # by checksum one can only bring in what one may read
        mark_by_hand(keeper, digest)
    else:
        shop.maintainer.delete(shop.url("/tags/t")).ok()
        keeper.collect(grace_seconds=DAY_SECONDS)
    later(DAY_SECONDS - 1)
    if way == "checksum":
        headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": digest}
        shop.writer.put(shop.url("/upload/again.bin"), b"", query={"tag": "t"}, headers=headers).ok()
    else:
        shop.upload(b"wanted", tag="t").ok()
    shop.maintainer.delete(shop.url("/tags/t")).ok()
    later(2)

    assert keeper.collect(grace_seconds=DAY_SECONDS).artifacts == 0
    later(DAY_SECONDS)
    assert keeper.collect(grace_seconds=DAY_SECONDS).artifacts == 1


def mark_by_hand(keeper: Keeper, digest: str) -> None:
    """Leave a mark on an artifact that has a reference, as one that was lost and won in a race."""
    with keeper.app.app_context(), transaction() as tx:
        tx.session.get_one(Artifact, digest).unreferenced_since = clock.now()


def test_given_a_mark_on_an_artifact_that_has_references_then_a_collection_takes_it_away(
    shop: Workshop, keeper: Keeper, later: Callable[[int], None]
) -> None:
    mark_by_hand(keeper, shop.upload(b"kept", tag="t").ok().data["artifact_id"])
    later(2 * DAY_SECONDS)

    assert keeper.collect(grace_seconds=DAY_SECONDS).artifacts == 0
    assert shop.download("t").body == b"kept"

    shop.maintainer.delete(shop.url("/tags/t")).ok()
    assert keeper.collect(grace_seconds=DAY_SECONDS).artifacts == 0
    assert keeper.rows(Artifact) == 1


def test_given_artifacts_at_rest_then_a_collection_writes_nothing(
    app: Flask, shop: Workshop, keeper: Keeper
) -> None:
    shop.upload(b"kept", tag="t").ok()
    shop.upload(b"marked", tag="u").ok()
    shop.maintainer.delete(shop.url("/tags/u")).ok()
    keeper.collect(grace_seconds=DAY_SECONDS)
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SELECT", "BEGIN")):
            written.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        keeper.collect(grace_seconds=DAY_SECONDS)
        event.remove(db.engine, "before_cursor_execute", note)

    assert written == []


def test_given_a_deleted_deposit_version_and_project_then_their_artifacts_are_collected(
    shop: Workshop, keeper: Keeper
) -> None:
    deposit = shop.upload(b"bare").ok().data
    shop.maintainer.delete(shop.url(f"/uploads/{deposit['id']}")).ok()
    shop.upload(b"versioned", version="1.0.0").ok()
    shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()
    assert keeper.collect().artifacts == 2

    shop.upload(b"one", tag="a").ok()
    shop.upload(b"two", version="2.0.0").ok()
    shop.owner.delete(f"/api/v1/project/{shop.project}", query={"force": "true"}).ok()
    assert keeper.collect().artifacts == 2


def test_given_one_of_two_references_deleted_then_the_artifact_stays(shop: Workshop, keeper: Keeper) -> None:
    shop.upload(b"shared", tag="a").ok()
    shop.upload(b"shared", tag="b").ok()
    shop.maintainer.delete(shop.url("/tags/a")).ok()

    assert keeper.collect().artifacts == 0
    assert shop.download("b").body == b"shared"


def test_given_collected_bytes_when_uploaded_again_then_they_are_a_new_artifact_with_an_object_of_its_own(
    shop: Workshop, keeper: Keeper, later: Callable[[int], None]
) -> None:
    shop.upload(b"again", tag="t").ok()
    shop.maintainer.delete(shop.url("/tags/t")).ok()
    keeper.collect()

    shop.upload(b"again", tag="t").ok()
    later(LINK_SECONDS + 1)
    report = keeper.collect()

    assert report.objects == 1, "the old object, which is not the new one"
    assert shop.download("t").body == b"again"


def test_given_an_upload_between_its_last_byte_and_its_rows_then_a_collection_does_not_take_what_it_finds(
    app: Flask, shop: Workshop, keeper: Keeper
) -> None:
    """The upload has asked the store for the object that it will share; then the collector runs."""
    shop.upload(b"shared", tag="old").ok()
    shop.maintainer.delete(shop.url("/tags/old")).ok()
    upload = keeper.content()
    with app.app_context():
        received = upload.receive([b"shared"])
        examined = upload.examine(received)
    assert examined.existing_key is not None

    assert keeper.collect().artifacts == 1
    with app.app_context(), transaction() as tx:
        adopted = upload.adopt(tx, received, examined)

    assert adopted.surplus_key is None
    assert keeper.key_of(adopted.artifact.id) == received.key


def test_given_more_artifacts_than_a_statement_takes_then_all_of_them_are_looked_at(
    shop: Workshop, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wxcloudrun.artifacts.service.collect.SCAN", 2)
    monkeypatch.setattr("wxcloudrun.artifacts.service.collect.BATCH", 1)
    for number in range(5):
        shop.upload(content(10, number), tag=f"t{number}").ok()
    for number in range(3):
        shop.maintainer.delete(shop.url(f"/tags/t{number}")).ok()

    report = keeper.collect()

    assert (report.examined, report.artifacts) == (5, 3)
    assert keeper.rows(Artifact) == 2


def test_given_a_command_then_it_prints_json_and_ends_with_zero(app: Flask, shop: Workshop) -> None:
    shop.upload(b"kept", tag="t").ok()

    result = app.test_cli_runner().invoke(args=["collect", "--json"])

    assert result.exit_code == 0
    assert app.json.loads(result.stdout) == {
        "examined": 1, "artifacts": 0, "bytes": 0, "objects": 0, "clean": True,
    }  # fmt: skip
