"""A form in: multipart/form-data with the part `file` and, before or behind it, `tag` and `version`."""

import io

import pytest

from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.forms import BOUNDARY, Part, encoded, field, file, post_body, post_form
from tests.support.registry import Workshop


def upload(shop: Workshop, *parts: Part) -> Answer:
    return post_form(shop.writer, shop.url("/upload"), *parts)


class TestAccepted:
    def test_given_a_file_then_exactly_its_bytes_come_back(self, shop: Workshop) -> None:
        data = content(300_000)

        answer = upload(shop, file(data, "app.bin"), field("tag", "stable")).ok()

        assert answer.data["artifact_id"] == sha256(data)
        assert answer.data["original_name"] == "app.bin"
        assert shop.download("stable").body == data

    @pytest.mark.parametrize("order", ["before", "behind", "around"])
    def test_given_fields_anywhere_around_the_file_then_they_count(self, shop: Workshop, order: str) -> None:
        tag, version, each = field("tag", "stable"), field("version", "1.0.0"), file(b"bytes")
        parts = {
            "before": (tag, version, each),
            "behind": (each, tag, version),
            "around": (tag, each, version),
        }

        answer = upload(shop, *parts[order]).ok()

        assert (answer.data["tag"], answer.data["version"]) == ("stable", "1.0.0")
        assert shop.download("version:1.0.0").body == shop.download("tag:stable").body == b"bytes"

    def test_given_a_file_that_contains_boundaries_of_another_form_then_they_are_bytes(
        self, shop: Workshop
    ) -> None:
        data = b"\r\n--other\r\n\r\n--" + BOUNDARY[:-1].encode() + b"\r\n" * 3 + b"--\r\n"

        upload(shop, file(data), field("tag", "stable")).ok()

        assert shop.download("stable").body == data

    def test_given_an_epilogue_then_it_is_no_part_of_the_file(self, shop: Workshop) -> None:
        body = encoded(file(b"bytes"), field("tag", "stable")) + b"an epilogue that nobody reads"

        post_body(shop.writer, shop.url("/upload"), body).ok()

        assert shop.download("stable").body == b"bytes"

    def test_given_an_ordinary_client_then_its_form_is_understood(self, shop: Workshop) -> None:
        form = {"version": "2.0.0", "file": (io.BytesIO(b"bytes"), "app.tar.gz")}

        answer = shop.writer.request("POST", shop.url("/upload"), form=form).ok()

        assert (answer.data["version"], answer.data["original_name"]) == ("2.0.0", "app.tar.gz")


@pytest.mark.same_everywhere
class TestNoFile:
    def test_given_only_fields_then_422_names_the_file(self, shop: Workshop) -> None:
        answer = upload(shop, field("tag", "stable"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file")

    def test_given_an_urlencoded_form_then_422_names_the_file(self, shop: Workshop) -> None:
        answer = shop.writer.post(
            shop.url("/upload"),
            data=b"tag=no-file-provided",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file")

    def test_given_no_body_at_all_then_422_names_the_file(self, shop: Workshop) -> None:
        answer = shop.writer.request("POST", shop.url("/upload"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file")

    @pytest.mark.parametrize("filename", ["empty.bin", ""])
    def test_given_an_empty_file_then_422_names_it(self, shop: Workshop, filename: str) -> None:
        answer = upload(shop, file(b"", filename))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file")

    def test_given_a_text_field_called_file_then_422_asks_for_a_file(self, shop: Workshop) -> None:
        answer = upload(shop, field("file", "not a file"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file")

    def test_given_a_file_without_a_name_then_422(self, shop: Workshop) -> None:
        assert upload(shop, file(b"bytes", "")).status == 422


@pytest.mark.same_everywhere
class TestTooMuch:
    def test_given_two_files_then_422_and_neither_is_kept(self, shop: Workshop) -> None:
        answer = upload(shop, file(b"first"), file(b"second", "other.bin"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "file")
        for data in (b"first", b"second"):
            assert shop.writer.get(f"/api/v1/artifact/{sha256(data)}").status == 404

    @pytest.mark.parametrize("place", [0, 1])
    def test_given_an_unknown_field_then_422_names_it(self, shop: Workshop, place: int) -> None:
        parts = [file(b"bytes")]
        parts.insert(place, field("colour", "blue"))

        answer = upload(shop, *parts)

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "colour")
        assert shop.reader.get(shop.url("/uploads")).items == []

    @pytest.mark.parametrize("size_bytes", [3, 10_000])
    def test_given_a_file_in_another_part_then_422_names_the_right_one(
        self, shop: Workshop, size_bytes: int
    ) -> None:
        answer = upload(shop, Part("data", b"x" * size_bytes, b"a.bin"))
        assert (answer.status, answer.msg) == (422, "data: a file goes in the part called file")

    def test_given_a_field_twice_then_422_names_it(self, shop: Workshop) -> None:
        answer = upload(shop, field("tag", "a"), file(b"bytes"), field("tag", "b"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "tag")

    def test_given_an_endless_text_field_then_422_names_it(self, shop: Workshop) -> None:
        answer = upload(shop, field("tag", "x" * 100_000), file(b"bytes"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "tag")

    def test_given_a_text_field_that_is_no_utf8_then_422_names_it(self, shop: Workshop) -> None:
        answer = upload(shop, Part("tag", b"\xff"), file(b"bytes"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "tag")

    def test_given_a_hundred_parts_then_422(self, shop: Workshop) -> None:
        assert upload(shop, *(field(f"f{n}", "x") for n in range(100)), file(b"bytes")).status == 422

    def test_given_an_endless_part_head_then_400(self, shop: Workshop) -> None:
        assert upload(shop, file(b"bytes", "x" * 100_000)).status == 400

    def test_given_a_bad_tag_in_the_form_then_422_names_it(self, shop: Workshop) -> None:
        answer = upload(shop, field("tag", "../up"), file(b"bytes"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "tag")


@pytest.mark.same_everywhere
class TestMalformed:
    def test_given_a_form_that_is_cut_anywhere_then_it_is_refused_and_leaves_no_upload(
        self, shop: Workshop
    ) -> None:
        body = encoded(field("tag", "stable"), file(b"some bytes"), field("version", "1.0.0"))

        for length in range(len(body) - 4):  # without the last line break the form is complete
            answer = post_body(shop.writer, shop.url("/upload"), body[:length])
            assert answer.status in {400, 422}, (length, answer.msg)

        assert shop.reader.get(shop.url("/uploads")).items == []
        assert shop.reader.get(shop.url("/tags")).items == []

    def test_given_a_form_that_is_cut_in_the_file_then_400_says_so(self, shop: Workshop) -> None:
        body = encoded(file(content(100_000)))

        answer = post_body(shop.writer, shop.url("/upload"), body[:50_000])

        assert (answer.status, answer.reason) == (400, "interrupted")

    @pytest.mark.parametrize(
        "body", [b"random \x00\xff bytes", b"--" + BOUNDARY.encode() + b"junk", b"\r\n" * 50]
    )
    def test_given_a_body_that_is_no_form_then_400(self, shop: Workshop, body: bytes) -> None:
        answer = post_body(shop.writer, shop.url("/upload"), body)

        assert (answer.status, answer.reason in {"malformed", "interrupted"}) == (400, True)

    @pytest.mark.parametrize(
        "content_type",
        [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=" + "x" * 201,
        ],
    )
    def test_given_no_usable_boundary_then_400(self, shop: Workshop, content_type: str) -> None:
        answer = shop.writer.post(
            shop.url("/upload"), data=encoded(file(b"bytes")), headers={"Content-Type": content_type}
        )

        assert (answer.status, answer.reason) == (400, "malformed")

    @pytest.mark.parametrize("length", [1, 70, 75, 200])
    def test_given_a_boundary_of_any_sensible_length_then_it_is_read(
        self, shop: Workshop, length: int
    ) -> None:
        """RFC 2046 allows 70 characters; Werkzeug's own client makes 72 now and then."""
        boundary = "x" * length
        body = encoded(file(b"bytes")).replace(BOUNDARY.encode(), boundary.encode())

        answer = shop.writer.post(
            shop.url("/upload"),
            data=body,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )

        assert (answer.status, answer.data["size"]) == (200, 5)

    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "application/octet-stream", "multipart/mixed; boundary=x", "nonsense"],
    )
    def test_given_another_content_type_then_415(self, shop: Workshop, content_type: str) -> None:
        answer = shop.writer.post(shop.url("/upload"), data=b"bytes", headers={"Content-Type": content_type})

        assert (answer.status, answer.reason) == (415, "unsupported_media_type")

    def test_given_a_query_on_a_form_then_422_because_the_fields_belong_into_the_form(
        self, shop: Workshop
    ) -> None:
        answer = post_form(shop.writer, shop.url("/upload") + "?tag=stable", file(b"bytes"))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "tag")
