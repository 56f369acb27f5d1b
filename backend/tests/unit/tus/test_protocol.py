"""The public conformance cases of tus 1.0.0, for the core and every extension that is announced.

Each is named as in the unofficial suite that people run against servers, or by what it demands.
"""

from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest

from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.tus.conftest import BYTES, Tus, checksum, metadata

DATA = content(1000, seed=3)
type Case = Callable[[Tus], tuple[Answer, int]]


def begun(tus: Tus) -> str:
    """Begin an upload of ten bytes."""
    return tus.create(10)


def unknown(tus: Tus) -> str:
    """Return where no upload is."""
    return f"{tus.base}/{'0' * 32}"


def with_length(*headers: dict[str, str], **said: str) -> tuple[dict[str, str], ...]:
    """Return the headers of a creation."""
    return {"Upload-Length": "10"}, *headers, said


def raw(value: str) -> dict[str, str]:
    """Return metadata as they are written."""
    return {"Upload-Metadata": value}


def typed(name: str | None) -> dict[str, str]:
    """Return the type of a body."""
    return {"Content-Type": name} if name is not None else {}


VERSIONS: dict[str, Case] = {
    "HEAD without a version": lambda t: (t.send("HEAD", begun(t), {"Tus-Resumable": ""}), 412),
    "PATCH in an unknown version": lambda t: (t.patch(begun(t), 0, b"x", {"Tus-Resumable": "0.2.2"}), 412),
    "POST in an unknown version": lambda t: (t.post(*with_length({"Tus-Resumable": "2.0.0"})), 412),
    "DELETE without a version": lambda t: (t.send("DELETE", begun(t), {"Tus-Resumable": ""}), 412),
}
REFUSALS: dict[str, Case] = {
    "HEAD of what is not there": lambda t: (t.head(unknown(t)), 404),
    "PATCH of what is not there": lambda t: (t.patch(unknown(t), 0, b"x"), 404),
    "DELETE of what is not there": lambda t: (t.send("DELETE", unknown(t)), 404),
    "PATCH without a type": lambda t: (
        t.send("PATCH", begun(t), {"Upload-Offset": "0"}, data=b"x"), 415,
    ),
    "PATCH with another type": lambda t: (
        t.patch(begun(t), 0, b"x", typed("application/octet-stream")), 415,
    ),
    "PATCH without an offset": lambda t: (t.send("PATCH", begun(t), typed(BYTES), data=b"x"), 400),
    "PATCH with a negative offset": lambda t: (
        t.send("PATCH", begun(t), typed(BYTES), {"Upload-Offset": "-1"}, data=b"x"), 400,
    ),
    "PATCH behind the offset": lambda t: (t.patch(begun(t), 5, b"x"), 409),
    "PATCH beyond the length": lambda t: (t.patch(begun(t), 0, bytes(11)), 413),
    "POST without a length": lambda t: (t.post(), 400),
    "POST with a length that is none": lambda t: (t.post({"Upload-Length": "ten"}), 400),
    "POST with a negative length": lambda t: (t.post({"Upload-Length": "-1"}), 400),
    "POST of more than there may be": lambda t: (t.post({"Upload-Length": "9" * 18}), 413),
    "POST with both lengths": lambda t: (t.post(*with_length({"Upload-Defer-Length": "1"})), 400),
    "POST deferring by another number": lambda t: (t.post({"Upload-Defer-Length": "2"}), 400),
    "POST of an empty file": lambda t: (t.post({"Upload-Length": "0"}), 422),
    "POST with a body of another type": lambda t: (
        t.post(*with_length(typed("text/plain")), data=b"x"), 415,
    ),
    "POST with more than its length": lambda t: (t.post(*with_length(), data=bytes(11)), 413),
    "metadata that are not base64": lambda t: (t.post(*with_length(raw("filename !!!"))), 400),
    "metadata with a key twice": lambda t: (t.post(*with_length(raw("a YQ==,a YQ=="))), 400),
    "metadata with an empty key": lambda t: (t.post(*with_length(raw("a YQ==,, b YQ=="))), 400),
    "metadata with a key that is not ASCII": lambda t: (t.post(*with_length(raw("n\xe4me YQ=="))), 400),
    "metadata that are too long": lambda t: (t.post(*with_length(raw("a " + "QUFB" * 1024))), 413),
    "a file name that is none": lambda t: (t.post(*with_length(metadata(filename="../x"))), 422),
    "a version that is none": lambda t: (t.post(*with_length(metadata(version="a b"))), 422),
    "a digest that is none": lambda t: (t.post(*with_length(metadata(sha256="abc"))), 422),
    "a checksum of an unknown kind": lambda t: (
        t.patch(begun(t), 0, b"x", {"Upload-Checksum": "crc32 AAAAAA=="}), 400,
    ),
    "a checksum that is not base64": lambda t: (
        t.patch(begun(t), 0, b"x", {"Upload-Checksum": "sha1 ???"}), 400,
    ),
    "a checksum of a wrong length": lambda t: (
        t.patch(begun(t), 0, b"x", {"Upload-Checksum": "sha1 YWJj"}), 400,
    ),
    "a checksum without a digest": lambda t: (t.patch(begun(t), 0, b"x", {"Upload-Checksum": "sha1"}), 400),
    "a final upload with a length": lambda t: (
        t.post(*with_length({"Upload-Concat": f"final;{t.partial(b'a')}"})), 400,
    ),
    "a final upload of nothing": lambda t: (t.final(), 400),
    "a final upload of what is not there": lambda t: (t.final(unknown(t)), 404),
    "a final upload of another place's": lambda t: (t.final("/tus/other/place/abc"), 400),
    "a final upload of what is not partial": lambda t: (t.final(begun(t)), 422),
    "a final upload of what is not whole": lambda t: (
        t.final(t.create(5, {"Upload-Concat": "partial"})), 422,
    ),
    "an unknown way to concatenate": lambda t: (t.post(*with_length({"Upload-Concat": "all"})), 400),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(VERSIONS))
def test_given_another_version_then_412_names_the_one_that_is_spoken(tus: Tus, name: str) -> None:
    answer, status = VERSIONS[name](tus)

    assert (answer.status, answer.headers["Tus-Version"]) == (status, "1.0.0")


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_given_a_request_that_is_refused_then_its_status_and_a_sentence(tus: Tus, name: str) -> None:
    answer, status = REFUSALS[name](tus)

    assert answer.status == status, answer
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert ("Tus-Max-Size" in answer.headers) == (status == 413)


def test_given_options_then_everything_that_is_spoken_is_announced_to_anybody(
    tus: Tus, shop: Workshop
) -> None:
    for url in (tus.base, f"{tus.base}/", f"{tus.base}/abc", "/tus/no/such"):
        answer = shop.anonymous.request("OPTIONS", url)

        assert answer.status == 200
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert set(answer.headers["Tus-Extension"].split(",")) == {
            "creation", "creation-with-upload", "creation-defer-length", "checksum", "termination",
            "expiration", "concatenation",
        }  # fmt: skip
        assert answer.headers["Tus-Checksum-Algorithm"].split(",") == ["sha1", "sha256", "md5"]
        assert int(answer.headers["Tus-Max-Size"]) > 0


def test_given_a_fresh_upload_then_head_tells_everything_that_was_said(tus: Tus) -> None:
    said = metadata(filename="a.bin", colour="red") | {}
    answer = tus.post({"Upload-Length": "10"}, said)
    head = tus.head(tus.location(answer))

    assert parsedate_to_datetime(answer.headers["Upload-Expires"]).tzinfo is not None
    assert head.status == 200
    assert head.headers["Cache-Control"] == "no-store"
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("0", "10")
    assert head.headers["Upload-Metadata"] == said["Upload-Metadata"]
    assert head.headers["Tus-Resumable"] == "1.0.0"
    assert "Upload-Expires" in head.headers
    assert "Upload-Defer-Length" not in head.headers


@pytest.mark.parametrize("cuts", [[1000], [250, 500, 1000], [990, 1000], [0, 1000]])
def test_given_any_pieces_then_the_last_one_has_it_accepted(
    tus: Tus, shop: Workshop, remains: Callable[[], dict[str, int]], cuts: list[int]
) -> None:
    url = tus.create(1000, metadata(filename="a.txt", filetype="text/x-poem", version="1.2.0", tag="stable"))
    answer, start = None, 0
    for end in cuts:
        assert tus.offset(url) == start
        answer = tus.patch(url, start, DATA[start:end])
        assert (answer.status, answer.headers["Upload-Offset"]) == (204, str(end))
        start = end

    assert answer is not None
    assert answer.headers["X-Checksum-SHA256"] == answer.headers["X-Artifact-Id"] == sha256(DATA)
    downloaded = shop.download("stable")
    assert downloaded.body == DATA
    assert downloaded.headers["Content-Type"].startswith("text/x-poem")
    assert "a.txt" in downloaded.headers["Content-Disposition"]
    assert shop.download("1.2.0").body == DATA
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}
    head = tus.head(url)
    assert (head.status, head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (
        200,
        "1000",
        "1000",
    )
    assert tus.patch(url, 1000, b"x").status == 409


def test_given_a_wrong_offset_then_409_tells_the_right_one_and_the_upload_goes_on(tus: Tus) -> None:
    url = tus.create(1000)
    tus.patch(url, 0, DATA[:400]).ok()

    refused = tus.patch(url, 300, DATA[300:])

    assert (refused.status, refused.reason) == (409, "offset_mismatch")
    assert refused.headers["Upload-Offset"] == "400"
    assert tus.patch(url, 400, DATA[400:]).headers["X-Artifact-Id"] == sha256(DATA)


def test_given_more_than_the_length_then_the_offset_is_unchanged(tus: Tus) -> None:
    url = tus.create(10)

    assert tus.patch(url, 0, bytes(11)).status == 413
    assert tus.offset(url) == 0


@pytest.mark.parametrize("end", [400, 1000])
def test_given_bytes_with_the_creation_then_its_answer_tells_the_offset(tus: Tus, end: int) -> None:
    answer = tus.post({"Upload-Length": "1000"}, data=DATA[:end])

    assert (answer.status, answer.headers["Upload-Offset"]) == (201, str(end))
    assert ("X-Artifact-Id" in answer.headers) == (end == 1000)
    assert tus.offset(tus.location(answer)) == end


def test_given_no_file_name_then_the_upload_is_called_by_its_id(tus: Tus, shop: Workshop) -> None:
    url = tus.create(5, {"Upload-Metadata": ""})
    tus.patch(url, 0, b"bytes").ok()

    listed = shop.reader.get(shop.url("/uploads")).ok().items
    assert listed[0]["original_name"] == url.rpartition("/")[2]


def test_given_a_deferred_length_when_it_is_told_later_then_the_upload_ends_there(tus: Tus) -> None:
    url = tus.location(tus.post({"Upload-Defer-Length": "1"}))
    head = tus.head(url)
    assert head.headers["Upload-Defer-Length"] == "1"
    assert "Upload-Length" not in head.headers

    tus.patch(url, 0, DATA[:600]).ok()
    assert tus.patch(url, 600, b"", {"Upload-Length": "500"}).status == 422
    assert tus.patch(url, 600, b"", {"Upload-Length": "9" * 18}).status == 413
    last = tus.patch(url, 600, DATA[600:], {"Upload-Length": "1000"})

    assert last.headers["X-Artifact-Id"] == sha256(DATA)
    assert tus.head(url).headers["Upload-Length"] == "1000"


def test_given_a_length_that_is_told_behind_the_last_byte_then_the_upload_is_done(tus: Tus) -> None:
    url = tus.location(tus.post({"Upload-Defer-Length": "1"}, data=DATA))

    last = tus.patch(url, 1000, b"", {"Upload-Length": "1000"})

    assert last.headers["X-Artifact-Id"] == sha256(DATA)


def test_given_a_known_length_when_another_is_told_then_it_is_refused(tus: Tus) -> None:
    url = tus.create(1000)

    assert tus.patch(url, 0, b"x", {"Upload-Length": "999"}).status == 422
    assert tus.patch(url, 0, b"x", {"Upload-Length": "1000"}).status == 204


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
def test_given_a_checksum_when_the_bytes_are_others_then_460_and_nothing_has_come(
    tus: Tus, algorithm: str
) -> None:
    url = tus.create(1000)
    tus.patch(url, 0, DATA[:100], checksum(DATA[:100], algorithm)).ok()

    refused = tus.patch(url, 100, DATA[100:900], checksum(DATA[:800], algorithm))

    assert (refused.status, refused.reason) == (460, "checksum_mismatch")
    assert tus.offset(url) == 100
    tus.patch(url, 100, DATA[100:900], checksum(DATA[100:900], algorithm)).ok()
    assert tus.patch(url, 900, DATA[900:]).headers["X-Artifact-Id"] == sha256(DATA)


@pytest.mark.parametrize("said", [checksum(b"other"), metadata(sha256=sha256(b"other"))])
def test_given_a_wrong_digest_with_the_creation_then_no_upload_stays(
    tus: Tus, remains: Callable[[], dict[str, int]], said: dict[str, str]
) -> None:
    refused = tus.post({"Upload-Length": "1000"}, said, data=DATA)

    assert (refused.status, refused.reason) == (460, "checksum_mismatch")
    assert remains() == {"artifacts": 0, "leases": 0, "uploads": 0, "objects": 0}


def test_given_a_version_that_is_taken_with_the_creation_then_no_upload_stays(
    tus: Tus, shop: Workshop, remains: Callable[[], dict[str, int]]
) -> None:
    shop.upload(b"other bytes", version="1.0.0").ok()

    refused = tus.post({"Upload-Length": "1000"}, metadata(version="1.0.0"), data=DATA)

    assert (refused.status, refused.reason) == (422, "version_taken")
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}


def test_given_a_checksum_of_no_bytes_then_it_is_compared(tus: Tus) -> None:
    url = tus.create(10)

    assert tus.patch(url, 0, b"", checksum(b"")).status == 204
    assert tus.patch(url, 0, b"", checksum(b"x")).status == 460


def test_given_the_digest_of_the_whole_when_the_bytes_are_others_then_the_upload_has_failed(
    tus: Tus, remains: Callable[[], dict[str, int]]
) -> None:
    url = tus.create(1000, metadata(sha256=sha256(b"other")))

    assert tus.patch(url, 0, DATA).status == 460
    assert tus.head(url).status == 410
    assert tus.patch(url, 1000, b"").status == 410
    assert remains() == {"artifacts": 0, "leases": 0, "uploads": 0, "objects": 0}


def test_given_a_termination_then_the_upload_is_gone_and_so_are_its_bytes(
    tus: Tus, remains: Callable[[], dict[str, int]]
) -> None:
    url = tus.create(1000)
    tus.patch(url, 0, DATA[:500]).ok()

    assert tus.send("DELETE", url).status == 204
    assert {tus.head(url).status, tus.patch(url, 500, DATA[500:]).status} == {410}
    assert tus.send("DELETE", url).status == 410
    assert remains() == {"artifacts": 0, "leases": 0, "uploads": 0, "objects": 0}


def test_given_a_termination_of_a_finished_upload_then_it_is_gone_and_the_file_stays(
    tus: Tus, shop: Workshop
) -> None:
    url = tus.location(tus.post({"Upload-Length": "1000"}, metadata(tag="stable"), data=DATA))

    assert tus.send("DELETE", url).status == 204
    assert tus.head(url).status == 410
    assert shop.download("stable").body == DATA


def test_given_its_time_is_over_then_the_upload_is_gone(tus: Tus, time: Clock) -> None:
    url = tus.create(1000)
    first = tus.head(url).headers["Upload-Expires"]
    time.advance(hours=12)
    later = tus.patch(url, 0, DATA[:500]).headers["Upload-Expires"]
    assert parsedate_to_datetime(later) > parsedate_to_datetime(first)

    time.advance(hours=25)

    assert {tus.head(url).status, tus.patch(url, 500, DATA[500:]).status} == {410}


def test_given_partial_uploads_when_they_are_joined_then_they_are_one_file_in_that_order(
    tus: Tus, shop: Workshop, remains: Callable[[], dict[str, int]]
) -> None:
    partials = [tus.partial(DATA[700:]), tus.partial(DATA[:300]), tus.partial(DATA[300:700])]
    assert tus.head(partials[0]).headers["Upload-Concat"] == "partial"
    assert remains()["uploads"] == 0

    order = [partials[1], f"http://127.0.0.1{partials[2]}", partials[0]]
    final = tus.final(*order, filename="a.bin", tag="stable")

    assert (final.status, final.headers["Upload-Offset"]) == (201, "1000")
    assert final.headers["X-Artifact-Id"] == sha256(DATA)
    assert shop.download("stable").body == DATA
    head = tus.head(tus.location(final))
    assert head.headers["Upload-Concat"] == f"final;{partials[1]} {partials[2]} {partials[0]}"
    assert head.headers["Upload-Length"] == head.headers["Upload-Offset"] == "1000"
    assert tus.patch(tus.location(final), 1000, b"x").status == 403
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}


def test_given_a_final_upload_whose_answer_was_lost_then_asking_again_gives_the_same(
    tus: Tus, remains: Callable[[], dict[str, int]]
) -> None:
    partials = [tus.partial(DATA[:300]), tus.partial(DATA[300:])]

    first, again = tus.final(*partials), tus.final(*partials)

    assert first.headers["Location"] == again.headers["Location"]
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}
    assert tus.final(*reversed(partials)).status == 422


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "DELETE"])
def test_given_a_client_that_can_only_post_then_a_header_names_the_method(tus: Tus, method: str) -> None:
    url = tus.create(10)
    said = {"X-HTTP-Method-Override": method, "Content-Type": BYTES, "Upload-Offset": "0"}

    answer = tus.send("POST", url, said, data=b"0123456789" if method == "PATCH" else None)

    assert answer.status == {"PATCH": 204, "HEAD": 200, "DELETE": 204}[method]
    assert answer.body == b""


def test_given_a_slash_at_the_end_then_it_is_the_same_address(tus: Tus) -> None:
    answer = tus.send("POST", f"{tus.base}/", {"Upload-Length": "10"})

    assert tus.head(tus.location(answer) + "/").status == 200
