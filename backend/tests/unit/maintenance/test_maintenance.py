"""Maintenance that an administrator asks for becomes a job; its report is the job's result."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.support import builders, crowds
from tests.support.apps import MakeApp
from tests.support.builders import sha256
from tests.support.client import ApiClient, sender
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.audit.conftest import entries
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.service import sweep
from wxcloudrun.jobs.service.periodic import PeriodicService
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.kit import clock, ids

URL = "/api/v1/maintenance"


@pytest.fixture
def root(client: ApiClient, make_person: Any) -> ApiClient:
    """An administrator."""
    return client.as_(make_person("root", is_admin=True).token)


def carried_out(app: Flask, root: ApiClient, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Ask for maintenance, let a worker do it, and return the job."""
    answer = root.post(f"{URL}/{what}", body)
    assert (answer.status, answer.data["state"], answer.data["kind"]) == (202, "queued", what)
    with app.app_context():
        app.extensions["services"][WorkService].run_due()
    job = root.get(f"/api/v1/jobs/{answer.data['id']}").ok().data
    assert job["state"] == "done", job["error"]
    return job


def put_strangers(blobs: Path, count: int) -> None:
    """Put objects into the store that nothing names."""
    for number in range(count):
        key = f"{number:032x}"
        (blobs / key[:2]).mkdir(exist_ok=True)
        (blobs / key[:2] / key).write_bytes(b"x")


class TestCollect:
    def test_what_nothing_refers_to_is_deleted(
        self, app: Flask, root: ApiClient, shop: Workshop, time: Clock
    ) -> None:
        kept = shop.upload(b"kept", tag="stable").data["artifact_id"]
        bare = shop.upload(b"bare").data
        shop.maintainer.delete(shop.url(f"/uploads/{bare['id']}"))
        assert carried_out(app, root, "collect")["result"]["artifacts"] == 0  # its days of grace begin
        time.advance(days=2)

        report = carried_out(app, root, "collect")["result"]

        assert (report["examined"], report["artifacts"], report["bytes"]) == (2, 1, 4)
        assert root.get(f"/api/v1/artifact/{kept}").status == 200
        assert root.get(f"/api/v1/artifact/{bare['artifact_id']}").status == 404

    def test_what_waits_is_said_and_an_administrator_may_collect_it_now(
        self, app: Flask, root: ApiClient, shop: Workshop
    ) -> None:
        bare = shop.upload(b"bare").data
        shop.maintainer.delete(shop.url(f"/uploads/{bare['id']}"))

        looked = carried_out(app, root, "collect", {"dry_run": True})["result"]
        waits = carried_out(app, root, "collect")["result"]
        job = carried_out(app, root, "collect", {"grace_seconds": 0})

        for report in (looked, waits):
            assert (report["artifacts"], report["waiting_artifacts"], report["waiting_bytes"]) == (0, 1, 4)
            (each,) = report["waiting"]
            assert (each["artifact_id"], each["size_bytes"]) == (bare["artifact_id"], 4)
            assert each["unreferenced_since"] < each["goes_at"]
        assert job["arguments"] == {"grace_seconds": 0, "dry_run": False}
        assert (job["result"]["artifacts"], job["result"]["bytes"], job["result"]["waiting"]) == (1, 4, [])
        started = entries(root, action="maintenance.started")[-1]["after"]
        assert started == {"kind": "collect", "grace_seconds": 0, "dry_run": False}

    def test_a_result_with_very_much_that_waits_fits_into_its_row(self, app: Flask, root: ApiClient) -> None:
        with app.app_context():
            row = {"size_bytes": 2**40, "created_at": clock.now()}
            crowds.put(
                Artifact,
                ({**row, "id": sha256(b"%d" % n), "object_key": ids.new_id()} for n in range(300)),
            )

        report = carried_out(app, root, "collect")["result"]

        assert (report["waiting_artifacts"], len(report["waiting"]), report["waiting_left_out"]) == (
            300, 100, 200,
        )  # fmt: skip

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "body", [{"grace_seconds": -1}, {"grace_seconds": "now"}, {"dry_run": "perhaps"}, {"grace": 0}]
    )
    def test_an_impossible_wish_is_refused(self, root: ApiClient, body: dict[str, Any]) -> None:
        assert root.post(f"{URL}/collect", body).status == 422


class TestFsck:
    def test_a_store_that_is_as_it_should_be_is_clean(
        self, app: Flask, root: ApiClient, shop: Workshop
    ) -> None:
        shop.upload(b"bytes", tag="stable")

        job = carried_out(app, root, "fsck", {"deep": True})

        assert job["arguments"] == {"deep": True, "repair": False, "max_bytes_per_second": None}
        assert (job["result"]["clean"], job["result"]["artifacts"], job["result"]["bytes_hashed"]) == (
            True,
            1,
            5,
        )

    def test_of_many_findings_the_first_are_listed_and_all_are_counted(
        self, app: Flask, root: ApiClient, blobs: Path
    ) -> None:
        put_strangers(blobs, 150)

        report = carried_out(app, root, "fsck", {"repair": True})["result"]

        assert report["counts"] == {"object_unreferenced": 150}
        assert (len(report["findings"]), report["findings_left_out"]) == (100, 50)
        assert (len(report["quarantined"]), report["quarantined_left_out"]) == (100, 50)
        assert report["clean"] is False

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize("body", [{"deep": "yes"}, {"max_bytes_per_second": 0}, {"shallow": True}])
    def test_an_impossible_wish_is_refused(self, root: ApiClient, body: dict[str, Any]) -> None:
        assert root.post(f"{URL}/fsck", body).status == 422


class TestSweep:
    @pytest.fixture(autouse=True)
    def _suspicious_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sweep, "SUSPICIOUS_ORPHANS", 3)

    def test_too_much_garbage_is_left_alone_unless_somebody_insists(
        self, app: Flask, root: ApiClient, blobs: Path
    ) -> None:
        put_strangers(blobs, 5)

        assert carried_out(app, root, "sweep")["result"]["refused"] is True
        assert carried_out(app, root, "sweep", {"force": True})["result"]["objects_removed"] == 5

    def test_the_periodic_one_says_so_as_its_error(
        self, app: Flask, root: ApiClient, blobs: Path, time: Clock
    ) -> None:
        put_strangers(blobs, 5)

        with app.app_context():
            service = app.extensions["services"][PeriodicService]
            service.run_due()
            time.advance(days=1)
            service.run_due()

        task = root.get("/api/v1/tasks/sweep").ok().data
        assert (task["runs"], task["errors"]) == (1, 1)
        assert task["last_error"] == "5 of 5 objects have no name: is this the right store?"


def test_who_asked_and_for_what_is_recorded(root: ApiClient) -> None:
    job_id = root.post(f"{URL}/sweep", {"force": True}).ok().data["id"]

    (entry,) = entries(root, action="maintenance.started")
    assert (entry["object"], entry["after"]) == (f"job/{job_id}", {"kind": "sweep", "force": True})


@pytest.mark.local_store
def test_given_a_store_that_is_down_then_it_is_tried_again(make_app: MakeApp) -> None:
    app = make_app()
    root = ApiClient(sender(app)).as_(builders.person(app, "root", is_admin=True).token)
    blobs = Path(app.extensions["settings"].data_dir) / "blobs"
    shutil.rmtree(blobs)

    job_id = root.post(f"{URL}/sweep").ok().data["id"]
    with app.app_context():
        app.extensions["services"][WorkService].run_due()

    job = root.get(f"/api/v1/jobs/{job_id}").ok().data
    assert (job["state"], job["attempts"]) == ("queued", 1)
    assert job["error"] == "the blob store does not answer"
