"""Garbage collection: what nothing refers to goes, everything else stays, at any grace time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests.support.builders import content
from tests.support.database_dump import everything_stored
from tests.support.registry import Workshop
from tests.support.remains import remove_what_may_go
from tests.support.statements import recorded
from tests.unit.artifacts.conftest import DAY_SECONDS, LINK_SECONDS, Keeper
from wxcloudrun.artifacts.models import Artifact, PendingDeletion
from wxcloudrun.artifacts.service.intake import Adopted, Intake
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.stores.blobs.port import StoreUnavailable


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
    assert keeper.count(Artifact) == 0
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
    assert keeper.count(PendingDeletion) == 0


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
    assert keeper.count(Artifact) == 1


def test_given_artifacts_at_rest_then_a_collection_writes_nothing(shop: Workshop, keeper: Keeper) -> None:
    shop.upload(b"kept", tag="t").ok()
    shop.upload(b"marked", tag="u").ok()
    shop.maintainer.delete(shop.url("/tags/u")).ok()
    keeper.collect(grace_seconds=DAY_SECONDS)

    with recorded() as statements:
        keeper.collect(grace_seconds=DAY_SECONDS)

    written = [each for each in statements if not each.startswith("SELECT")]
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


@pytest.fixture
def collected_while_asked(
    shop: Workshop, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Intake], Adopted]:
    """Complete an upload; the collector runs once it has asked the store for the object it would share."""
    shop.upload(b"shared", tag="old").ok()
    shop.maintainer.delete(shop.url("/tags/old")).ok()
    real = keeper.store.size_of

    def collect_when_asked(key: str) -> int | None:
        monkeypatch.setattr(keeper.store, "size_of", real)
        size_bytes = real(key)
        assert keeper.collect().artifacts == 1
        return size_bytes

    def complete(intake: Intake) -> Adopted:
        monkeypatch.setattr(keeper.store, "size_of", collect_when_asked)
        return intake.complete(intake.adopt)

    return complete


def test_given_an_upload_between_its_last_byte_and_its_rows_then_a_collection_does_not_take_what_it_finds(
    app: Flask, keeper: Keeper, collected_while_asked: Callable[[Intake], Adopted]
) -> None:
    with app.app_context(), keeper.intake().open() as intake:
        intake.take([b"shared"])
        adopted = collected_while_asked(intake)
    remove_what_may_go(app)

    assert keeper.key_of(adopted.artifact.id) == intake.key
    assert intake.key in keeper.object_keys()


def test_given_an_upload_whose_own_object_was_lost_as_well_then_no_row_points_at_it(
    app: Flask, keeper: Keeper, collected_while_asked: Callable[[Intake], Adopted]
) -> None:
    def upload() -> None:
        with keeper.intake().open() as intake:
            intake.take([b"shared"])
            keeper.store.delete(intake.key)
            collected_while_asked(intake)

    with app.app_context(), pytest.raises(StoreUnavailable):
        upload()

    assert keeper.count(Artifact) == 0


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
    assert keeper.count(Artifact) == 2


def test_given_a_command_then_it_prints_json_and_ends_with_zero(app: Flask, shop: Workshop) -> None:
    shop.upload(b"kept", tag="t").ok()

    result = app.test_cli_runner().invoke(args=["collect", "--json"])

    assert result.exit_code == 0
    assert app.json.loads(result.stdout) == {
        "dry_run": False, "grace_seconds": DAY_SECONDS, "examined": 1, "artifacts": 0, "bytes": 0,
        "objects": 0, "waiting_artifacts": 0, "waiting_bytes": 0, "waiting_objects": 0,
        "objects_go_until": None, "waiting": [], "waiting_left_out": 0, "clean": True,
    }  # fmt: skip


class TestWhatWaits:
    """Garbage within its grace is neither gone nor nothing: it is said what it is and until when it stays."""

    @pytest.fixture
    def garbage(self, shop: Workshop, keeper: Keeper, later: Callable[[int], None]) -> list[str]:
        """Two artifacts that nothing refers to, which lost their references a minute apart."""
        found = []
        for tag, data in (("a", b"older"), ("b", b"newer one")):
            found.append(str(shop.upload(data, tag=tag).ok().data["artifact_id"]))
            shop.maintainer.delete(shop.url(f"/tags/{tag}")).ok()
            keeper.collect(grace_seconds=DAY_SECONDS)
            later(60)
        shop.upload(b"kept", tag="kept").ok()
        return found

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_given_garbage_within_its_grace_then_how_much_it_is_and_when_each_goes(
        self, keeper: Keeper, garbage: list[str], later: Callable[[int], None], *, dry_run: bool
    ) -> None:
        report = keeper.collect(grace_seconds=DAY_SECONDS, dry_run=dry_run)

        assert (report.examined, report.artifacts, report.bytes) == (3, 0, 0)
        assert (report.waiting_artifacts, report.waiting_bytes) == (2, 5 + 9)
        assert [(each.artifact_id, each.size_bytes) for each in report.waiting] == [
            (garbage[0], 5), (garbage[1], 9),
        ]  # fmt: skip
        first, second = report.waiting
        assert moment(first.goes_at) == moment(first.unreferenced_since) + timedelta(days=1)
        assert 59 < (moment(second.goes_at) - moment(first.goes_at)).total_seconds() < 70

        later(int((moment(first.goes_at) - clock.now()).total_seconds()) + 1)
        gone = keeper.collect(grace_seconds=DAY_SECONDS, dry_run=dry_run)
        assert (gone.artifacts, gone.bytes, gone.waiting_artifacts) == (1, 5, 1)

    def test_given_a_dry_run_then_nothing_is_written_and_what_would_go_is_said(
        self, app: Flask, shop: Workshop, keeper: Keeper, garbage: list[str]
    ) -> None:
        shop.upload(b"lost just now", tag="c").ok()
        shop.maintainer.delete(shop.url("/tags/c")).ok()
        before = everything_stored(app)

        would_wait = keeper.collect(grace_seconds=DAY_SECONDS, dry_run=True)
        would_go = keeper.collect(grace_seconds=0, dry_run=True)

        assert everything_stored(app) == before
        assert len(keeper.object_keys()) == 4
        assert would_wait.dry_run
        assert (would_wait.artifacts, would_wait.waiting_artifacts) == (0, 3)
        assert (would_go.artifacts, would_go.bytes, would_go.waiting) == (3, 5 + 9 + 13, [])
        assert garbage[0] in {each.artifact_id for each in would_wait.waiting}

    @pytest.mark.usefixtures("garbage")
    def test_given_no_grace_then_it_goes_now_and_its_objects_when_no_link_can_need_them(
        self, keeper: Keeper, later: Callable[[int], None]
    ) -> None:
        report = keeper.collect(grace_seconds=0)

        assert (report.artifacts, report.bytes, report.waiting, report.objects) == (2, 14, [], 0)
        assert report.waiting_objects == 2
        wait_seconds = (moment(report.objects_go_until or "") - clock.now()).total_seconds()
        assert LINK_SECONDS - 5 < wait_seconds <= LINK_SECONDS
        later(LINK_SECONDS)
        assert keeper.collect(grace_seconds=0, dry_run=True).objects == 2
        done = keeper.collect(grace_seconds=0)
        assert (done.objects, done.waiting_objects, done.objects_go_until) == (2, 0, None)

    @pytest.mark.usefixtures("garbage")
    def test_given_very_much_that_waits_then_the_first_to_go_are_listed_and_all_are_counted(
        self, keeper: Keeper, shop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("wxcloudrun.artifacts.service.collect.MAX_LISTED", 2)
        for number in range(5):
            shop.upload(content(10, number), tag="t").ok()
        shop.maintainer.delete(shop.url("/tags/t")).ok()

        report = keeper.collect(grace_seconds=DAY_SECONDS)

        assert (report.waiting_artifacts, report.waiting_left_out) == (7, 5)
        assert [each.size_bytes for each in report.waiting] == [5, 9]

    @pytest.mark.usefixtures("garbage")
    def test_given_the_command_then_it_takes_both_wishes(self, app: Flask) -> None:
        run = app.test_cli_runner().invoke

        said = run(args=["collect", "--dry-run"])
        assert said.exit_code == 0
        assert "waiting_bytes: 14" in said.stdout
        assert said.stdout.count('waiting: {"goes_at": "') == 2
        assert "clean" not in said.stdout
        done = run(args=["collect", "--grace", "0", "--json"])
        assert app.json.loads(done.stdout)["artifacts"] == 2
        assert run(args=["collect", "--grace", "-1"]).exit_code == 2


def moment(text: str) -> datetime:
    """Read a time."""
    return datetime.fromisoformat(text)
