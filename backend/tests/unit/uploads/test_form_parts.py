"""What the parts of a form assert, and forms that are sent where a file is wanted."""

import base64
import hashlib
from collections.abc import Callable

import pytest

from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.forms import BOUNDARY, encoded, file, post_body
from tests.support.registry import Workshop

pytestmark = pytest.mark.same_everywhere

DATA = content(5000)
MD5 = base64.b64encode(hashlib.md5(DATA).digest())
Remains = Callable[[], dict[str, int]]


def put(shop: Workshop, content_type: str, data: bytes) -> Answer:
    """Send bytes as they are."""
    return shop.writer.put(shop.url("/upload/x.bin"), data, headers={"Content-Type": content_type})


class TestFormsWhereAFileIsWanted:
    @pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "Multipart/Form-Data"])
    def test_given_a_form_then_415_names_the_place_for_it_and_nothing_is_stored(
        self, shop: Workshop, remains: Remains, content_type: str
    ) -> None:
        before = remains()

        answer = put(shop, content_type, encoded(file(DATA)))

        assert (answer.status, answer.reason) == (415, "unsupported_media_type")
        assert f"POST the form to {shop.url('/upload')}" in answer.msg
        assert remains() == before

    @pytest.mark.parametrize(
        "content_type", ["multipart/related; boundary=x", "multipart/mixed", "message/rfc822"]
    )
    def test_given_another_type_of_several_parts_then_it_is_a_file(
        self, shop: Workshop, content_type: str
    ) -> None:
        answer = put(shop, content_type, DATA).ok()

        assert answer.data["content_type"] == content_type


def post_part(shop: Workshop, head: bytes, data: bytes = DATA, filename: bytes = b"a.bin") -> Answer:
    """Send a form whose file has more in its head."""
    disposition = b'Content-Disposition: form-data; name="file"; filename="' + filename + b'"'
    mark = f"--{BOUNDARY}".encode()
    body = mark + b"\r\n" + disposition + head + b"\r\n\r\n" + data + b"\r\n" + mark + b"--\r\n"
    return post_body(shop.writer, shop.url("/upload"), body)


PART_HEADS: dict[str, tuple[int, bytes]] = {
    "base64": (415, b"\r\nContent-Transfer-Encoding: base64"),
    "quoted-printable": (415, b"\r\ncontent-transfer-encoding: Quoted-Printable"),
    "gzip": (415, b"\r\nContent-Encoding: gzip"),
    "a part of a file": (400, b"\r\nContent-Range: bytes 0-9/20"),
    "an MD5": (400, b"\r\nContent-MD5: " + MD5),
    "a digest": (400, b"\r\nContent-Digest: md5=:" + MD5 + b":"),
    "a checksum": (400, b"\r\nX-Checksum-SHA256: " + sha256(DATA).encode()),
    "a length that is too short": (400, b"\r\nContent-Length: 4999"),
    "a length that is too long": (400, b"\r\nContent-Length: 5001"),
    "a length that is none": (400, b"\r\nContent-Length: many"),
}


class TestPartsOfForms:
    @pytest.mark.parametrize("name", PART_HEADS)
    def test_given_a_head_that_asserts_what_is_not_done_then_refused_and_nothing_remains(
        self, shop: Workshop, remains: Remains, name: str
    ) -> None:
        before = remains()
        status, head = PART_HEADS[name]

        assert post_part(shop, head).status == status

        assert remains() == before

    @pytest.mark.parametrize(
        "head",
        [
            b"\r\nContent-Transfer-Encoding: binary",
            b"\r\nContent-Transfer-Encoding: 8bit",
            b"\r\nContent-Transfer-Encoding: 7BIT",
            b"\r\nContent-Encoding: identity",
            b"\r\nContent-Length: 5000",
            b"\r\nX-Other: anything",
        ],
    )
    def test_given_a_head_that_asserts_nothing_or_holds_then_accepted(
        self, shop: Workshop, head: bytes
    ) -> None:
        assert post_part(shop, head).ok().data["artifact_id"] == sha256(DATA)

    @pytest.mark.parametrize(
        "name", [rb"C:\dir\a.txt", rb"\\server\share\a.txt", rb"a\b", b"a.txt\\n", rb"C:\\dir\\a.txt"]
    )
    def test_given_a_path_with_backslashes_then_it_is_refused_and_not_stripped(
        self, shop: Workshop, remains: Remains, name: bytes
    ) -> None:
        before = remains()

        answer = post_part(shop, b"", filename=name)

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file")
        assert "a name, not a path" in answer.msg
        assert remains() == before

    def test_given_a_quote_behind_a_backslash_then_it_is_part_of_the_name(self, shop: Workshop) -> None:
        assert post_part(shop, b"", filename=rb"a\"b.zip").ok().data["original_name"] == 'a"b.zip'

    def test_given_text_in_base64_then_415_too(self, shop: Workshop) -> None:
        mark = f"--{BOUNDARY}".encode()
        text = (
            b'Content-Disposition: form-data; name="tag"\r\nContent-Transfer-Encoding: base64\r\n\r\nc3RhYmxl'
        )
        body = mark + b"\r\n" + text + b"\r\n" + encoded(file(DATA))

        assert post_body(shop.writer, shop.url("/upload"), body).status == 415
