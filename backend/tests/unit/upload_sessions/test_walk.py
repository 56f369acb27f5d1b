"""From the first request to the receipt, with every answer lost once, and what refuses to be done."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.forms import encoded, field, file
from tests.support.registry import Workshop
from tests.unit.upload_sessions.conftest import PART_BYTES, Begin, Sending
from wxcloudrun.upload_sessions.service.begin import MOST_OPEN

NOTHING = {"artifacts": 0, "leases": 0, "uploads": 0, "objects": 0}


def form_of(*parts: object) -> dict[str, object]:
    """Return the options of a request with a form."""
    return {
        "data": encoded(*parts),  # type: ignore[arg-type]  # parts of forms
        "headers": {"Content-Type": "multipart/form-data; boundary=test-boundary-7d1"},
    }


def test_given_parts_in_any_order_when_completed_then_they_are_one_upload(
    shop: Workshop, begin: Begin, remains: Callable[[], dict[str, int]]
) -> None:
    sending = begin(version="1.0.0", tag="stable")
    begun = sending.answer
    assert begun.status == 201
    assert begun.headers["Location"] == sending.url
    assert (begun.data["parts"], begun.data["part_bytes"]) == (3, PART_BYTES)
    assert (begun.data["received"], begun.data["missing"], begun.data["offset"]) == ([], [[1, 3]], 0)

    assert sending.put(3).ok().data["missing_parts"] == 2
    assert sending.look().data["received"] == [[3, 3]]
    shop.writer.request(
        "POST",
        f"{sending.url}/parts/1",
        **form_of(file(sending.part(1)), field("sha256", sha256(sending.part(1)))),
    ).ok()
    assert (sending.look().data["offset"], sending.look().data["missing"]) == (PART_BYTES, [[2, 2]])
    taken = sending.put(2).ok().data
    upload = sending.complete().ok().data

    assert taken == {
        "number": 2, "size": PART_BYTES, "sha256": sha256(sending.part(2)), "missing_parts": 0
    }  # fmt: skip
    assert upload["sha256"] == sha256(sending.data)
    assert (upload["tag"], upload["version"], upload["size"]) == ("stable", "1.0.0", 600_000)
    assert None not in (upload["md5"], upload["sha1"])
    assert shop.download("stable").body == sending.data
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}


def test_given_every_answer_lost_then_asking_again_gives_the_same_and_one_upload(
    shop: Workshop, begin: Begin, remains: Callable[[], dict[str, int]]
) -> None:
    sending = begin()
    for number in (1, 2, 2, 1, 3, 3):
        digest = sha256(sending.part(number))
        sending.put(number, headers={"X-Checksum-SHA256": digest} if number == 2 else {}).ok()

    first, again = sending.complete().ok(), sending.complete().ok()

    assert again.data == first.data
    seen = sending.look().ok().data
    assert (seen["state"], seen["upload"], seen["missing"]) == ("done", first.data, [])
    assert shop.writer.delete(sending.url).status == 204
    assert sending.complete().data == first.data
    assert sending.put(1).reason == "session_ended"
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}


def test_given_a_part_sent_again_with_other_bytes_then_the_later_ones_count(
    begin: Begin,
) -> None:
    sending = begin()
    sending.put(1, content(PART_BYTES, seed=7)).ok()
    sending.put(2).ok()
    sending.put(1).ok()
    sending.put(3).ok()

    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


def put_forms_that_are_no_part(sending: Sending) -> dict[str, tuple[Answer, int, str]]:
    """Send what is no part, in forms, and say of each which answer is due."""
    first = sending.part(1)
    return {
        "another digest in the form": (
            sending.client.request(
                "POST", f"{sending.url}/parts/1", **form_of(field("sha256", "0" * 64), file(first))
            ), 422, "checksum_mismatch",
        ),
        "a form without a file": (
            sending.client.request("POST", f"{sending.url}/parts/1", **form_of(field("sha256", "0" * 64))),
            422, "invalid",
        ),
        "a short file in a form": (
            sending.client.request("POST", f"{sending.url}/parts/1", **form_of(file(first[:-1]))),
            422, "invalid",
        ),
    }  # fmt: skip


def test_what_is_no_part_of_this_file_is_refused_and_leaves_the_part_missing(begin: Begin) -> None:
    sending = begin()
    first = sending.part(1)
    refused = {
        "too short": (sending.put(1, first[:-1]), 422, "invalid"),
        "too long": (sending.put(1, first + b"x"), 422, "invalid"),
        "another digest": (
            sending.put(1, first, headers={"X-Checksum-SHA256": "0" * 64}), 422, "checksum_mismatch",
        ),
        "another MD5": (
            sending.put(1, first, headers={"X-Checksum-MD5": "0" * 32}), 422, "checksum_mismatch",
        ),
        "an unknown kind": (sending.put(1, first, headers={"X-Checksum-CRC": "0"}), 400, "malformed"),
        "no bytes but a checksum": (
            sending.put(1, first, headers={"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(first)}),
            400, "malformed",
        ),
        "no such part": (sending.put(4, first), 422, "invalid"),
        "part nought": (sending.put(0, first), 422, "invalid"),
        "no number": (sending.client.put(f"{sending.url}/parts/one", first), 404, "not_found"),
        "a number in another writing": (
            sending.client.put(f"{sending.url}/parts/01", first), 404, "not_found",
        ),
    }  # fmt: skip

    refused |= put_forms_that_are_no_part(sending)
    for why, (answer, status, reason) in refused.items():
        assert (answer.status, answer.reason) == (status, reason), why
    assert sending.look().data["missing"] == [[1, 3]]
    missing = sending.complete()
    assert (missing.status, missing.reason, missing.data["missing"]) == (409, "parts_missing", [[1, 3]])
    sending.put_all()
    assert sending.complete().ok().data["sha256"] == sha256(sending.data)


@pytest.mark.parametrize("where", ["at the beginning", "at the end"])
def test_given_another_checksum_than_was_said_then_the_bytes_go_and_the_answer_stays_the_same(
    begin: Begin, remains: Callable[[], dict[str, int]], where: str
) -> None:
    sending = begin(sha256="0" * 64) if where == "at the beginning" else begin()
    sending.put_all()

    first = sending.complete() if where == "at the beginning" else sending.complete(sha256="0" * 64)
    again = sending.complete()

    assert (first.status, first.reason) == (422, "checksum_mismatch")
    assert (again.status, again.data) == (first.status, first.data)
    assert first.data["received"] == sha256(sending.data)
    assert (sending.look().data["state"], sending.look().data["failure"]) == ("failed", "checksum_mismatch")
    late = sending.put(1)
    assert (late.status, late.reason, late.data["state"]) == (409, "session_ended", "failed")
    assert remains() == NOTHING


def test_given_bytes_that_the_caller_may_read_then_they_are_deposited_at_once(
    shop: Workshop, begin: Begin, remains: Callable[[], dict[str, int]]
) -> None:
    data = content(600_000, seed=1)
    shop.upload(data, version="1.0.0").ok()

    instant = begin(sha256=sha256(data), version="1.0.1").answer
    other_size = begin(600_001, sha256=sha256(data)).answer

    assert (instant.status, instant.data["version"], instant.data["sha256"]) == (200, "1.0.1", sha256(data))
    assert (other_size.status, other_size.reason) == (422, "invalid")
    assert remains()["artifacts"] == 1


def test_given_a_session_given_up_then_nothing_is_left_of_it(
    begin: Begin, remains: Callable[[], dict[str, int]]
) -> None:
    sending = begin()
    sending.put(1).ok()

    assert sending.client.delete(sending.url).status == 204

    assert sending.client.delete(sending.url).status == 204
    assert (sending.put(2).status, sending.put(2).reason) == (410, "session_gone")
    assert sending.complete().status == 410
    assert sending.look().data["state"] == "aborted"
    assert remains() == NOTHING


def test_given_a_version_of_other_bytes_then_completing_is_refused_and_can_be_asked_again(
    shop: Workshop, begin: Begin
) -> None:
    shop.upload(b"others", version="1.0.0").ok()
    sending = begin(version="1.0.0", tag="stable")
    sending.put_all()

    first, again = sending.complete(), sending.complete()

    assert (first.status, first.reason, again.reason) == (409, "version_taken", "version_taken")
    assert shop.download("stable").status == 404
    assert sending.put(1).reason == "session_ended"
    assert shop.writer.delete(sending.url).status == 204


def test_limits_are_told_before_anything_is_sent(shop: Workshop, begin: Begin, app: Flask) -> None:
    limit = app.extensions["settings"].max_upload_bytes
    too_large = begin(10, size=limit + 1).answer
    refused = [begin(10, size=0).answer, begin(10, filename="a/b").answer, begin(10, part_bytes=1000).answer]
    open_ones = [begin(10, seed=number) for number in range(MOST_OPEN)]

    assert (too_large.status, too_large.data["limit"]) == (413, limit)
    assert [answer.status for answer in refused] == [422, 422, 422]
    assert all(each.answer.status == 201 for each in open_ones)
    assert open_ones[0].answer.data["limits"]["upload_bytes"] == limit
    assert (begin(10).answer.status, begin(10).answer.data["limit"]) == (429, MOST_OPEN)
    shop.writer.delete(open_ones[0].url)
    assert begin(10).answer.status == 201


def test_a_file_of_a_package_with_several_files_comes_in_parts_too(shop: Workshop, begin: Begin) -> None:
    shop.owner.request(
        "PATCH", f"/api/v1/project/{shop.project}/packages/{shop.package}", json={"layout": "files"}
    ).ok()
    for name in ("a.bin", "lib/arm64/b.bin"):
        sending: Sending = begin(filename=name, seed=len(name), version="1.0.0")
        sending.put_all()
        sending.complete().ok()

    files = shop.reader.get(shop.url("/versions/1.0.0/files")).items
    assert [each["filename"] for each in files] == ["a.bin", "lib/arm64/b.bin"]
