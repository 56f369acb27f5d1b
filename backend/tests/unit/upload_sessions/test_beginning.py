"""Beginning a session: once however often it is asked for, and not more of them than there may be."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from tests.support.builders import content, sha256
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.upload_sessions.conftest import PART_BYTES, Begin
from wxcloudrun.artifacts.models import Lease
from wxcloudrun.artifacts.service.sweep import SweepService
from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.kit.db import reading
from wxcloudrun.upload_sessions.models import SessionPart, UploadSession
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService

KEY = {"Idempotency-Key": "the-same-request"}


def count(app: Flask, table: type[UploadSession | SessionPart | Lease]) -> int:
    """Count the rows of a table."""
    with app.app_context(), reading() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def begun(**change: object) -> dict[str, object]:
    """Return the body of a beginning."""
    return {"filename": "a.bin", "size": 600_000, "part_bytes": PART_BYTES, **change}


def test_given_a_lost_answer_then_the_same_key_gives_the_same_session_also_when_it_is_done(
    app: Flask, shop: Workshop
) -> None:
    data, url = content(600_000), shop.url("/uploads/sessions")
    first = shop.writer.post(url, begun(), headers=KEY).ok().data
    shop.writer.put(f"{first['url']}/parts/1", data[:PART_BYTES]).ok()
    again = shop.writer.post(url, begun(), headers=KEY).ok()
    for number in (2, 3):
        part = data[(number - 1) * PART_BYTES : number * PART_BYTES]
        shop.anonymous.as_(again.data["token"]).put(f"{first['url']}/parts/{number}", part).ok()
    upload = shop.writer.post(f"{first['url']}/complete", {}).ok().data
    answered = shop.writer.post(url, begun(), headers=KEY)
    late = answered.ok().data

    assert (again.status, again.data["id"], again.data["received"]) == (201, first["id"], [[1, 1]])
    assert answered.status == 201
    assert (late["id"], late["state"], late["upload"]) == (first["id"], "done", upload)
    assert count(app, UploadSession) == 1
    assert upload["sha256"] == sha256(data)


def test_given_the_key_with_another_request_then_it_is_refused_and_others_have_their_own(
    app: Flask, shop: Workshop
) -> None:
    url = shop.url("/uploads/sessions")
    shop.writer.post(url, begun(), headers=KEY).ok()
    reused = [
        shop.writer.post(url, begun(**change), headers=KEY)
        for change in ({"size": 600_001}, {"filename": "b.bin"}, {"tag": "stable"}, {"sha256": "0" * 64})
    ]
    malformed = shop.writer.post(url, begun(), headers={"Idempotency-Key": "two words"})

    assert {(each.status, each.reason) for each in reused} == {(422, "idempotency_key_reused")}
    assert (malformed.status, malformed.reason) == (400, "malformed")
    assert shop.owner.post(url, begun(), headers=KEY).status == 201
    assert count(app, UploadSession) == 2


def test_given_an_ended_session_then_nothing_is_kept_of_its_parts(app: Flask, begin: Begin) -> None:
    done, wrong, given_up = begin(seed=1), begin(seed=2), begin(seed=3)
    for each in (done, wrong, given_up):
        each.put_all()
    assert count(app, SessionPart) == 9

    done.complete().ok()
    wrong.complete(sha256="0" * 64)
    given_up.client.delete(given_up.url)

    assert count(app, SessionPart) == 0
    assert done.complete().ok().data["sha256"] == sha256(done.data)
    assert wrong.complete().reason == "checksum_mismatch"


def test_given_the_package_deleted_then_its_leases_are_given_back_at_once(
    app: Flask, shop: Workshop, begin: Begin, remains: Callable[[], dict[str, int]]
) -> None:
    sending = begin()
    sending.put(1).ok()

    shop.owner.request("DELETE", f"/api/v1/project/{shop.project}/packages/{shop.package}?force=true").ok()

    assert count(app, Lease) == 0
    with app.app_context():
        app.extensions["services"][SweepService].run()
    assert remains() == {"artifacts": 0, "leases": 0, "uploads": 0, "objects": 0}


def test_given_an_upload_that_is_done_when_its_package_is_deleted_then_only_garbage_collection_takes_it(
    app: Flask, shop: Workshop, begin: Begin, remains: Callable[[], dict[str, int]]
) -> None:
    sending = begin()
    sending.put_all()
    sending.complete().ok()

    shop.owner.request("DELETE", f"/api/v1/project/{shop.project}/packages/{shop.package}?force=true").ok()
    with app.app_context():
        app.extensions["services"][SweepService].run()

    assert remains()["objects"] == 1


def test_the_audit_log_calls_a_session_the_same_from_its_beginning_to_its_end(
    app: Flask, begin: Begin, time: Clock
) -> None:
    sending = begin()
    time.advance(days=2)
    with app.app_context():
        app.extensions["services"][UploadExpiryService].run()
        with reading() as session:
            wanted = select(AuditEntry.object).where(AuditEntry.action.like("upload_session.%"))
            objects = session.execute(wanted).scalars().all()

    assert len(objects) == 2
    assert len(set(objects)) == 1
    assert str(sending.answer.data["id"]) in objects[0]


def test_given_the_name_taken_meanwhile_then_the_same_key_still_gives_the_same_session(
    shop: Workshop,
) -> None:
    url, body = shop.url("/uploads/sessions"), begun(version="1.0.0", sha256="0" * 64)
    first = shop.writer.post(url, body, headers=KEY).ok().data
    shop.writer.put(shop.url("/upload/a.bin"), b"others", query={"version": "1.0.0"}).ok()

    again = shop.writer.post(url, body, headers=KEY)

    assert (again.status, again.data["id"]) == (201, first["id"])
    assert shop.writer.post(url, body).status == 409


def test_given_the_key_of_a_session_then_no_upload_of_other_bytes_has_it_and_no_session_that_of_an_upload(
    shop: Workshop,
) -> None:
    other = {"Idempotency-Key": "of-an-upload"}
    url = shop.url("/uploads/sessions")
    shop.writer.post(url, begun(), headers=KEY).ok()
    made = shop.writer.put(shop.url("/upload/b.bin"), b"bytes", headers=other).ok().data

    upload = shop.writer.put(shop.url("/upload/c.bin"), b"others", headers=KEY)
    session = shop.writer.post(url, begun(), headers=other)
    at_once = shop.writer.post(
        url, {"filename": "b.bin", "size": 5, "sha256": sha256(b"bytes")}, headers=other
    )

    assert {(each.status, each.reason) for each in (upload, session)} == {(422, "idempotency_key_reused")}
    assert (at_once.status, at_once.data["id"]) == (200, made["id"])
