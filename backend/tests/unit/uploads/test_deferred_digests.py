"""EXTRA_DIGESTS=deferred: an upload waits for SHA-256 only; MD5 and SHA-1 follow from a job."""

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.registry import Workshop
from wxcloudrun.artifacts.service.collect import CollectService
from wxcloudrun.jobs.service.work import WorkService

DATA = content(3 * 1024 * 1024)
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
SHA1 = hashlib.sha1(DATA, usedforsecurity=False).hexdigest()


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """The application that everybody in this module speaks to; nothing works in its background by itself."""
    return app_with(EXTRA_DIGESTS="deferred", GC_GRACE_SECONDS="0")


def upload(shop: Workshop, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return shop.writer.put(shop.url("/upload/x.bin?tag=t"), DATA, headers=named)


def digests(answer: Answer) -> tuple[object, object]:
    return answer.data["md5"], answer.data["sha1"]


def artifact(shop: Workshop) -> Answer:
    return shop.reader.get(f"/api/v1/artifact/{sha256(DATA)}").ok()


def do_jobs(app: Flask) -> int:
    with app.app_context():
        work: WorkService = app.extensions["services"][WorkService]
        return work.run_due()


def test_given_an_upload_then_both_are_null_until_the_job_is_done(shop: Workshop, app: Flask) -> None:
    assert digests(upload(shop).ok()) == (None, None)
    assert digests(artifact(shop)) == (None, None)
    download = shop.reader.get(shop.url("/+/tag:t"))
    assert not {"X-Checksum-MD5", "X-Checksum-SHA1"} & download.headers.keys()
    assert download.headers["X-Checksum-SHA256"] == sha256(DATA)

    assert do_jobs(app) == 1

    assert digests(artifact(shop)) == (MD5, SHA1)
    download = shop.reader.get(shop.url("/+/tag:t"))
    assert download.headers["X-Checksum-MD5"] == MD5
    assert download.headers["X-Checksum-SHA1"] == SHA1


def test_given_the_same_bytes_twice_then_one_job_computes_them(shop: Workshop, app: Flask) -> None:
    upload(shop).ok()
    upload(shop).ok()

    assert do_jobs(app) == 1


def test_given_the_same_bytes_after_the_job_then_the_answer_has_both(shop: Workshop, app: Flask) -> None:
    upload(shop).ok()
    do_jobs(app)

    assert digests(upload(shop).ok()) == (MD5, SHA1)


def test_given_an_announced_md5_then_it_is_in_the_answer_and_the_job_adds_the_other(
    shop: Workshop, app: Flask
) -> None:
    assert digests(upload(shop, X_Checksum_MD5=MD5).ok()) == (MD5, None)

    do_jobs(app)

    assert digests(artifact(shop)) == (MD5, SHA1)


@pytest.mark.parametrize(("name", "length"), [("MD5", 32), ("SHA1", 40)])
def test_given_a_wrong_announced_digest_then_refused_and_nothing_remains(
    shop: Workshop, app: Flask, name: str, length: int
) -> None:
    answer = upload(shop, **{f"X_Checksum_{name}": "0" * length})

    assert (answer.status, answer.reason) == (422, "checksum_mismatch")

    assert shop.reader.get(f"/api/v1/artifact/{sha256(DATA)}").status == 404
    assert do_jobs(app) == 0


def test_given_both_announced_then_there_is_no_job(shop: Workshop, app: Flask) -> None:
    assert digests(upload(shop, X_Checksum_MD5=MD5, X_Checksum_SHA1=SHA1).ok()) == (MD5, SHA1)

    assert do_jobs(app) == 0


@pytest.mark.parametrize(("md5", "status"), [(MD5, 200), ("0" * 32, 422)])
def test_given_a_deploy_by_checksum_before_the_job_then_its_md5_is_checked_too(
    shop: Workshop, md5: str, status: int
) -> None:
    upload(shop).ok()
    headers = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA), "X-Checksum-MD5": md5}

    answer = shop.writer.put(shop.url("/upload/y.bin?tag=u"), None, headers=headers)

    assert answer.status == status


def test_given_an_artifact_that_was_collected_meanwhile_then_the_job_has_nothing_to_do(
    shop: Workshop,
    app: Flask,
) -> None:
    upload(shop).ok()
    shop.owner.delete(shop.url("/tags/t")).ok()
    with app.app_context():
        assert app.extensions["services"][CollectService].run().artifacts == 1

    assert do_jobs(app) == 1

    assert shop.reader.get(f"/api/v1/artifact/{sha256(DATA)}").status == 404


@pytest.mark.local_store
def test_given_a_damaged_object_then_the_job_fails_and_the_next_upload_heals_and_computes_them(
    shop: Workshop,
    app: Flask,
) -> None:
    upload(shop).ok()
    [stored] = [path for path in Path(objects_of(app)).rglob("*") if path.is_file()]
    stored.write_bytes(b"damaged")

    assert do_jobs(app) == 1
    assert digests(artifact(shop)) == (None, None)
    upload(shop).ok()
    do_jobs(app)

    assert digests(artifact(shop)) == (MD5, SHA1)


def objects_of(app: Flask) -> Path:
    return Path(app.extensions["settings"].data_dir) / "blobs" / "objects"
