"""A package that is too large for one request: gone at once for everybody, row by row for the database."""

import time

import pytest
from flask import Flask

from tests.support import crowds
from tests.support.builders import sha256
from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop
from tests.unit.audit.conftest import entries
from tests.unit.erasure.conftest import VERSIONS, Eraser
from wxcloudrun.artifacts.service.collect import CollectService
from wxcloudrun.erasure import queries
from wxcloudrun.erasure.rules import AT_ONCE_ROWS, MOST_ROWS
from wxcloudrun.packages.models import Package
from wxcloudrun.versions.models import RetiredVersion, Version

DIGEST = sha256(b"crowd")


def url(shop: Workshop) -> str:
    """Return where the package is."""
    return f"/api/v1/project/{shop.project}/packages/{shop.package}"


def delete(shop: Workshop) -> Answer:
    """Delete the package with all it holds."""
    return shop.maintainer.delete(url(shop), query={"force": "true"})


def test_given_a_small_one_then_it_is_gone_with_the_answer_and_there_is_no_job(
    shop: Workshop, eraser: Eraser
) -> None:
    shop.upload(b"one", tag="stable", version="1.0.0").ok()
    shop.upload(b"two").ok()

    assert delete(shop).status == 204

    assert eraser.left() == 0
    assert eraser.jobs() == []
    assert eraser.retired() == 1


def test_given_a_large_one_when_deleted_then_nobody_finds_it_although_its_rows_are_there(
    large: Workshop, root: ApiClient, eraser: Eraser
) -> None:
    release = large.reader.get(large.url("/versions/1.0.1")).ok().data["id"]

    assert delete(large).status == 204

    assert eraser.left() > AT_ONCE_ROWS
    for who in (large.owner, large.reader, root):
        for rest in (
            "/tags", "/tags/stable", "/tags/stable/history", "/versions", "/versions/1.0.1", "/uploads",
            "/+/stable", "/+/1.0.1", "/+/latest", f"/+/artifact:{DIGEST}", "/resolve?ref=latest",
        ):  # fmt: skip
            assert who.get(large.url(rest)).status == 404, rest
        for gone in (url(large), f"/api/v1/artifact/{DIGEST}", f"/api/v1/packages/{release}"):
            assert who.get(gone).status == 404, gone
        for page in (
            f"/api/v1/project/{large.project}/packages", "/api/v1/packages",
            f"/api/v1/search?q={large.package}", "/api/v1/search?version=1.0.1", "/api/v1/search?tag=stable",
            f"/api/v1/search?sha256={DIGEST}",
        ):  # fmt: skip
            assert who.get(page).ok().items == [], page
    assert large.anonymous.get(large.url("/+/stable")).status == 401
    assert large.writer.put(large.url("/upload/a.bin"), b"x").status == 404
    assert large.writer.post(f"/api/v1/packages/{release}/activate").status == 404
    assert large.maintainer.delete(url(large)).status == 404


def test_given_a_large_one_when_the_job_is_done_then_no_row_is_left_and_every_name_is_remembered(
    large: Workshop, root: ApiClient, eraser: Eraser
) -> None:
    path = f"project/{large.project}/package/{large.package}"
    delete(large).ok()
    (job,) = eraser.jobs()
    assert job.arguments.count(path) == 1

    assert eraser.work() == 1

    assert eraser.left() == 0
    assert eraser.retired() == VERSIONS
    shown = root.get(f"/api/v1/jobs/{job.id}").ok().data
    assert (shown["state"], shown["kind"]) == ("done", "erase")
    assert shown["result"]["rows"] > 0
    assert [each["object"] for each in entries(root, action="package.deleted")] == [path]
    (finished,) = entries(root, action="erasure.finished")
    assert (finished["object"], finished["credential"], finished["after"]) == (
        path, "system", shown["result"],
    )  # fmt: skip


def test_given_a_large_one_then_no_statement_touches_more_rows_than_its_step(
    large: Workshop, eraser: Eraser, touched: list[tuple[int, str]]
) -> None:
    delete(large).ok()
    assert max(rows for rows, _ in touched) <= AT_ONCE_ROWS
    touched.clear()

    eraser.work()

    assert sum(rows for rows, statement in touched if statement.startswith("DELETE")) > AT_ONCE_ROWS
    assert max(rows for rows, _ in touched) <= MOST_ROWS


def test_given_a_deletion_under_way_then_a_package_of_that_name_begins_empty_and_remembers(
    large: Workshop, eraser: Eraser, administrator: ApiClient
) -> None:
    delete(large).ok()
    administrator.post(f"/api/v1/project/{large.project}/packages", {"name": large.package}).ok()

    def upload(data: bytes, version: str) -> Answer:
        return large.upload(data, version=version)

    not_yet_retired = VERSIONS - 1
    before = [upload(b"other", f"1.0.{number}") for number in (0, not_yet_retired)]
    upload(b"crowd", f"1.0.{not_yet_retired}").ok()
    eraser.work()
    after = [upload(b"other", f"1.0.{number}") for number in (0, not_yet_retired)]

    assert [answer.status for answer in (*before, *after)] == [409] * 4
    assert {answer.reason for answer in (*before, *after)} == {"version_taken"}
    assert upload(b"new", "2.0.0").status == 200
    versions = [each["version"] for each in large.reader.get(large.url("/versions")).ok().items]
    assert versions == ["2.0.0", f"1.0.{not_yet_retired}"]
    assert eraser.left(Version) == 2


def test_given_a_worker_that_dies_between_two_steps_then_the_next_one_goes_on(
    large: Workshop, eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(large).ok()
    pauses: list[float] = []

    def die(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise SystemExit

    monkeypatch.setattr(time, "sleep", die)
    with pytest.raises(SystemExit):
        eraser.work()
    some = eraser.left()
    assert 0 < some < 2 * VERSIONS

    eraser.change_job(state="queued", lease_expires_at=None)  # as `requeue-jobs` does when the lease is over
    eraser.work()

    assert eraser.left() == 0
    assert eraser.retired() == VERSIONS


def test_given_a_job_that_fails_for_good_then_another_one_follows(
    large: Workshop, eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(large).ok()
    eraser.change_job(max_attempts=1)
    monkeypatch.setattr(queries, "erase", lambda *_: 1 / 0)

    eraser.work()

    failed, following = eraser.jobs()
    assert (failed.state, following.state) == ("failed", "queued")
    assert failed.arguments == following.arguments
    assert following.not_before > following.created_at


def test_given_an_upload_that_crosses_the_deletion_then_its_version_binds_nobody(
    app: Flask, large: Workshop, eraser: Eraser, administrator: ApiClient
) -> None:
    """It had found the package before, and its rows come after: nobody has ever seen them."""
    with app.app_context():
        package = crowds.package_id(large.project, large.package)
    delete(large).ok()
    administrator.post(f"/api/v1/project/{large.project}/packages", {"name": large.package}).ok()
    large.upload(b"seen", version="9.0.0").ok()
    with app.app_context():
        crowds.put_versions([(package, "9.0.0")], DIGEST)

    eraser.work()
    large.maintainer.delete(large.url("/versions/9.0.0")).ok()

    assert large.upload(b"crowd", version="9.0.0").status == 409
    assert large.upload(b"seen", version="9.0.0").status == 200


def test_given_references_of_a_deleted_package_then_they_do_not_count_and_their_bytes_go_with_the_rows(
    app: Flask, large: Workshop, root: ApiClient, eraser: Eraser
) -> None:
    other = large.new_package()
    large.writer.put(large.url("/upload/x.bin", package=other), b"crowd", query={"tag": "t"}).ok()
    delete(large).ok()
    assert root.get(f"/api/v1/artifact/{DIGEST}").ok().data["ref_count"] == 1
    large.writer.delete(large.url("/tags/t", package=other)).ok()
    collect: CollectService = app.extensions["services"][CollectService]

    with app.app_context():
        assert collect.run().artifacts == 0, "rows still refer to it"
    eraser.work()

    with app.app_context():
        collect.run()
        assert crowds.count(Package) == 1
        assert crowds.count(RetiredVersion) == VERSIONS
