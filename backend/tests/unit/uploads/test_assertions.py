"""What a client asserts about its upload is checked or refused, and never passed over."""

import base64
import hashlib
from collections.abc import Callable

import pytest

from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.forms import BOUNDARY, UnreadBody, encoded, field, file, post_body, post_form
from tests.support.registry import Workshop

DATA = content(5000)
OTHER = content(5000, 1)
Remains = Callable[[], dict[str, int]]
NAMES = {"sha256": "sha-256", "sha512": "sha-512", "sha1": "sha", "md5": "md5"}


def put(shop: Workshop, headers: dict[str, str], data: bytes = DATA) -> Answer:
    """Send bytes as they are."""
    return shop.writer.put(shop.url("/upload/x.bin"), data, headers=headers)


def form(shop: Workshop, headers: dict[str, str], data: bytes = DATA) -> Answer:
    """Send them in a form."""
    return post_form(shop.writer, shop.url("/upload"), file(data), headers=headers)


def unread(shop: Workshop, method: str, headers: dict[str, str]) -> Answer:
    """Announce 5 GB and hand over a body that must not be read."""
    overrides = {"wsgi.input": UnreadBody(), "CONTENT_LENGTH": "5000000000"}
    if method == "POST":
        overrides["CONTENT_TYPE"] = f"multipart/form-data; boundary={BOUNDARY}"
    url = shop.url("/upload" if method == "POST" else "/upload/x.bin")
    return shop.writer.request(method, url, headers=headers, environ_overrides=overrides)


def digest(algorithm: str, data: bytes) -> str:
    """Return a digest in base64."""
    return base64.b64encode(hashlib.new(algorithm, data, usedforsecurity=False).digest()).decode()


def said_of(name: str, algorithm: str, data: bytes) -> dict[str, str]:
    """Return one digest field."""
    encoded_digest = digest(algorithm, data)
    if name == "Content-MD5":
        return {name: encoded_digest}
    if name == "Digest":
        return {name: f"{NAMES[algorithm].upper()}={encoded_digest}"}
    return {name: f"{NAMES[algorithm]}=:{encoded_digest}:"}


REFUSED: dict[str, tuple[int, str, dict[str, str]]] = {
    "a part": (400, "malformed", {"Content-Range": "bytes 6-11/12"}),
    "a part of something of unknown length": (400, "malformed", {"Content-Range": "bytes 0-4999/*"}),
    "the whole as a part": (400, "malformed", {"Content-Range": "bytes 0-4999/5000"}),
    "no range at all": (400, "malformed", {"Content-Range": "nonsense"}),
    "gzip": (415, "unsupported_media_type", {"Content-Encoding": "gzip"}),
    "aws-chunked": (415, "unsupported_media_type", {"Content-Encoding": "aws-chunked"}),
    "two codings": (415, "unsupported_media_type", {"Content-Encoding": "identity, GZip"}),
    "an unknown coding": (415, "unsupported_media_type", {"Content-Encoding": "x"}),
    "gzip on the way": (501, "unknown_transfer_coding", {"Transfer-Encoding": "gzip, chunked"}),
    "identity on the way": (501, "unknown_transfer_coding", {"Transfer-Encoding": "identity"}),
    "an expectation": (417, "expectation_failed", {"Expect": "200-ok"}),
    "If-Match": (400, "malformed", {"If-Match": f'"{"0" * 64}"'}),
    "If-Match *": (400, "malformed", {"If-Match": "*"}),
    "If-None-Match *": (400, "malformed", {"If-None-Match": "*"}),
    "If-Unmodified-Since": (400, "malformed", {"If-Unmodified-Since": "Sat, 21 Nov 2026 10:30:31 GMT"}),
    "a digest in a trailer": (400, "malformed", {"Trailer": "Content-Digest"}),
    "a checksum of tus in a trailer": (400, "malformed", {"Trailer": "Upload-Checksum"}),
    "a checksum in a trailer": (400, "malformed", {"Trailer": "X-Other, X-Checksum-SHA256"}),
    "Content-MD5 in hex": (400, "malformed", {"Content-MD5": hashlib.md5(DATA).hexdigest()}),
    "Content-MD5 that is none": (400, "malformed", {"Content-MD5": "nonsense"}),
    "Content-MD5 that is empty": (400, "malformed", {"Content-MD5": ""}),
    "Content-Digest that is none": (400, "malformed", {"Content-Digest": "nonsense"}),
    "Content-Digest of another length": (400, "malformed", {"Content-Digest": "sha-512=:QUJD:"}),
    "Content-Digest of an unknown kind": (400, "malformed", {"Content-Digest": "crc32c=:AAAAAA==:"}),
    "Repr-Digest of an unknown kind": (400, "malformed", {"Repr-Digest": "id-sha-256=:QUJD:"}),
    "Digest of an unknown kind": (400, "malformed", {"Digest": "unixsum=30637"}),
    "Digest in hex": (400, "malformed", {"Digest": f"SHA-256={sha256(DATA)}"}),
    "Digest that is none": (400, "malformed", {"Digest": "="}),
    "a checksum of an unknown kind": (400, "malformed", {"X-Checksum-CRC32C": "aabbccdd"}),
    "a checksum of no kind": (400, "malformed", {"X-Checksum": sha256(DATA)}),
    "a SHA-512 of another length": (400, "malformed", {"X-Checksum-SHA512": sha256(DATA)}),
    "two MD5s": (
        400, "malformed", {"Content-MD5": digest("md5", DATA), "Digest": f"MD5={digest('md5', OTHER)}"},
    ),
}  # fmt: skip


@pytest.mark.local_store  # refused before a database or a store is asked
@pytest.mark.parametrize("name", REFUSED)
class TestRefusedBeforeTheBody:
    @pytest.mark.parametrize("method", ["PUT", "POST"])
    def test_given_such_a_header_then_no_byte_is_read(self, shop: Workshop, name: str, method: str) -> None:
        status, reason, headers = REFUSED[name]

        answer = unread(shop, method, headers)

        assert (answer.status, answer.reason) == (status, reason)

    @pytest.mark.parametrize("send", [put, form])
    def test_given_such_a_header_then_nothing_is_stored(
        self, shop: Workshop, remains: Remains, name: str, send: Callable[..., Answer]
    ) -> None:
        before = remains()
        status, _, headers = REFUSED[name]

        assert send(shop, headers).status == status

        assert remains() == before


@pytest.mark.same_everywhere
@pytest.mark.parametrize("send", [put, form])
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Encoding": "identity"},
        {"Content-Encoding": "Identity, identity"},
        {"Content-Encoding": ""},
        {"Expect": "100-continue"},
        {"Expect": "100-Continue"},
        {"Trailer": "Server-Timing"},
        {"If-Modified-Since": "Sat, 21 Nov 2026 10:30:31 GMT"},
        {"Range": "bytes=0-1"},
    ],
)
def test_given_what_asserts_nothing_or_holds_then_accepted(
    shop: Workshop, headers: dict[str, str], send: Callable[..., Answer]
) -> None:
    assert send(shop, headers).ok().data["artifact_id"] == sha256(DATA)


@pytest.mark.same_everywhere
def test_given_a_form_where_a_file_is_wanted_then_no_byte_is_read(shop: Workshop) -> None:
    assert unread(shop, "PUT", {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}).status == 415


@pytest.mark.same_everywhere
def test_given_a_digest_in_hex_then_the_answer_says_how_it_is_written(shop: Workshop) -> None:
    answer = put(shop, {"Content-MD5": hashlib.md5(DATA).hexdigest()})

    assert answer.msg == "the md5 in Content-MD5 is hexadecimal; write it in base64"


@pytest.mark.same_everywhere
def test_given_a_coded_body_then_the_answer_says_which_coding_would_do(shop: Workshop) -> None:
    assert put(shop, {"Content-Encoding": "gzip"}).headers["Accept-Encoding"] == "identity"


DIGESTS = [
    ("Content-MD5", "md5"),
    *((name, algorithm) for name in ("Content-Digest", "Repr-Digest", "Digest") for algorithm in NAMES),
]


@pytest.mark.same_everywhere
@pytest.mark.parametrize(("name", "algorithm"), DIGESTS)
class TestDigests:
    def test_given_the_digest_of_the_bytes_then_accepted(
        self, shop: Workshop, name: str, algorithm: str
    ) -> None:
        assert put(shop, said_of(name, algorithm, DATA)).ok().data["artifact_id"] == sha256(DATA)

    def test_given_the_digest_of_other_bytes_then_422_and_nothing_remains(
        self, shop: Workshop, remains: Remains, name: str, algorithm: str
    ) -> None:
        before = remains()

        answer = put(shop, said_of(name, algorithm, OTHER))

        assert (answer.status, answer.reason) == (422, "checksum_mismatch")
        assert answer.data["algorithm"] == algorithm
        assert answer.data["received"] == hashlib.new(algorithm, DATA, usedforsecurity=False).hexdigest()
        assert remains() == before

    def test_given_a_form_and_the_digest_of_all_of_it_then_accepted(
        self, shop: Workshop, name: str, algorithm: str
    ) -> None:
        headers = said_of(name, algorithm, encoded(file(DATA)))

        assert form(shop, headers).ok().data["artifact_id"] == sha256(DATA)

    def test_given_a_form_and_the_digest_of_its_file_then_422_and_nothing_remains(
        self, shop: Workshop, remains: Remains, name: str, algorithm: str
    ) -> None:
        before = remains()

        answer = form(shop, said_of(name, algorithm, DATA))

        assert (answer.status, answer.reason) == (422, "checksum_mismatch")
        assert remains() == before


class TestDigestsTogether:
    def test_given_several_fields_that_agree_then_accepted(self, shop: Workshop) -> None:
        headers = {
            **said_of("Content-MD5", "md5", DATA),
            **said_of("Content-Digest", "sha512", DATA),
            **said_of("Digest", "sha1", DATA),
            "X-Checksum-SHA512": hashlib.sha512(DATA).hexdigest(),
            "X-Checksum-SHA256": sha256(DATA),
        }

        put(shop, headers).ok()

    def test_given_a_form_then_its_file_and_all_of_it_are_checked_apart(self, shop: Workshop) -> None:
        body = encoded(file(DATA), field("tag", "stable"))
        headers = {**said_of("Content-Digest", "sha256", body), "X-Checksum-SHA256": sha256(DATA)}

        post_body(shop.writer, shop.url("/upload"), body, headers=headers).ok()

        assert shop.download("stable").body == DATA

    def test_given_a_digest_that_is_not_checked_beside_one_that_is_then_that_one_decides(
        self, shop: Workshop
    ) -> None:
        sha = digest("sha256", DATA)

        put(shop, {"Content-Digest": f"crc32c=:AAAAAA==:, sha-256=:{sha}:;note=1"}).ok()

        other = digest("sha256", OTHER)
        assert put(shop, {"Content-Digest": f"crc32c=:AAAAAA==:, sha-256=:{other}:"}).status == 422

    @pytest.mark.parametrize("size_bytes", [3 * 1024 * 1024, 1])
    def test_given_a_size_with_and_without_threads_then_sha_512_is_checked(
        self, shop: Workshop, size_bytes: int
    ) -> None:
        data = content(size_bytes)

        put(shop, {"X-Checksum-SHA512": hashlib.sha512(data).hexdigest()}, data).ok()

        assert put(shop, {"X-Checksum-SHA512": "0" * 128}, data).status == 422

    def test_given_a_checksum_alone_then_its_sha_512_is_compared_with_the_stored_bytes(
        self, shop: Workshop
    ) -> None:
        shop.upload(DATA, tag="t").ok()
        deploy = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA)}

        right = {**deploy, "X-Checksum-SHA512": hashlib.sha512(DATA).hexdigest()}
        assert put(shop, right, b"").ok().data["artifact_id"] == sha256(DATA)
        assert put(shop, {**deploy, "X-Checksum-SHA512": "0" * 128}, b"").status == 422

    @pytest.mark.parametrize("name", ["Content-MD5", "Content-Digest"])
    def test_given_no_body_then_a_digest_of_the_content_has_nothing_to_speak_of(
        self, shop: Workshop, name: str
    ) -> None:
        shop.upload(DATA, tag="t").ok()
        deploy = {"X-Checksum-Deploy": "true", "X-Checksum-SHA256": sha256(DATA)}

        assert put(shop, {**deploy, **said_of(name, "md5", DATA)}, b"").status == 400


@pytest.mark.same_everywhere
class TestOtherBodies:
    """The same assertions on JSON."""

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Content-Encoding": "gzip"}, 415),
            ({"Content-Range": "bytes 0-1/2"}, 400),
            ({"Expect": "nothing"}, 417),
            ({"Transfer-Encoding": "gzip, chunked"}, 501),
            ({"If-Match": "*"}, 400),
            ({"Content-MD5": "nonsense"}, 400),
            (said_of("Content-Digest", "sha256", OTHER), 422),
            (said_of("Content-MD5", "md5", OTHER), 422),
        ],
    )
    def test_given_an_assertion_that_does_not_hold_then_nothing_changes(
        self, shop: Workshop, headers: dict[str, str], status: int
    ) -> None:
        url = f"/api/v1/project/{shop.project}"

        assert shop.owner.patch(url, {"description": "changed"}, headers=headers).status == status

        assert shop.owner.get(url).ok().data["description"] == ""

    def test_given_a_digest_that_holds_then_the_change_is_made(self, shop: Workshop) -> None:
        url, body = f"/api/v1/project/{shop.project}", b'{"description": "changed"}'
        headers = {"Content-Type": "application/json", **said_of("Content-Digest", "sha256", body)}

        shop.owner.request("PATCH", url, data=body, headers=headers).ok()

        assert shop.owner.get(url).ok().data["description"] == "changed"

    def test_given_a_deletion_under_a_condition_that_nobody_looks_at_then_nothing_is_deleted(
        self, shop: Workshop
    ) -> None:
        shop.upload(DATA, version="1.0.0").ok()
        url = shop.url("/versions/1.0.0")

        assert shop.maintainer.delete(url, headers={"If-Match": '"something"'}).status == 400

        assert shop.reader.get(url).status == 200
