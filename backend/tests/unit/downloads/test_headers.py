"""What a download says about its bytes, beside the bytes."""

import base64
import hashlib
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

import pytest

from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.downloads.conftest import SIZE_BYTES, Stored

EVERY_NAME = {
    "Content-Type", "Content-Length", "Content-Disposition", "ETag", "X-Artifact-Id", "X-Checksum-SHA256",
    "X-Checksum-SHA1", "X-Checksum-MD5", "Repr-Digest", "Accept-Ranges", "Last-Modified", "Cache-Control",
    "Vary", "X-Content-Type-Options", "Content-Security-Policy", "X-Request-ID",
    "X-Frame-Options", "Referrer-Policy",
}  # fmt: skip


class TestValues:
    def test_given_a_download_then_it_has_exactly_the_promised_headers(
        self, shop: Workshop, stored: Stored
    ) -> None:
        answer = shop.download("stable").ok()

        assert answer.body == stored.data
        assert set(answer.headers) - {"Date", "Server", "Connection"} == EVERY_NAME

    def test_given_a_download_then_its_digests_are_those_of_the_bytes(
        self, shop: Workshop, stored: Stored
    ) -> None:
        headers = shop.download("stable").headers

        assert headers["ETag"] == f'"{stored.digest}"'
        assert headers["X-Artifact-Id"] == headers["X-Checksum-SHA256"] == stored.digest
        assert headers["X-Checksum-SHA1"] == hashlib.sha1(stored.data, usedforsecurity=False).hexdigest()
        assert headers["X-Checksum-MD5"] == hashlib.md5(stored.data, usedforsecurity=False).hexdigest()
        encoded = base64.b64encode(hashlib.sha256(stored.data).digest()).decode()
        assert headers["Repr-Digest"] == f"sha-256=:{encoded}:"

    @pytest.mark.usefixtures("stored")
    def test_given_a_download_then_it_says_size_type_and_ranges(self, shop: Workshop) -> None:
        headers = shop.download("stable").headers

        assert headers["Content-Length"] == str(SIZE_BYTES)
        assert headers["Content-Type"] == "application/zip"
        assert headers["Accept-Ranges"] == "bytes"

    @pytest.mark.usefixtures("stored")
    def test_given_a_download_then_no_browser_may_run_it_on_this_origin(self, shop: Workshop) -> None:
        headers = shop.download("stable").headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["Content-Disposition"].startswith("attachment")

    @pytest.mark.usefixtures("stored")
    def test_given_a_download_then_last_modified_is_the_time_of_the_upload(self, shop: Workshop) -> None:
        text = shop.download("stable").headers["Last-Modified"]

        assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", text)
        (upload,) = shop.reader.get(shop.url("/uploads")).ok().items
        assert parsedate_to_datetime(text) == datetime.fromisoformat(upload["created_at"]).replace(
            microsecond=0
        )

    def test_given_an_upload_by_a_clock_that_was_ahead_then_last_modified_is_not_in_the_future(
        self, shop: Workshop, time: Clock
    ) -> None:
        with time.ahead(days=60):
            shop.upload(b"early", tag="early").ok()

        text = shop.download("early").headers["Last-Modified"]

        assert parsedate_to_datetime(text) == time.now().replace(microsecond=0)

    def test_given_html_then_it_comes_as_the_type_that_was_sent_but_as_an_attachment(
        self, shop: Workshop
    ) -> None:
        headers = {"Content-Type": "text/html"}
        shop.writer.put(shop.url("/upload/x.html"), b"<script>", query={"tag": "t"}, headers=headers).ok()

        answer = shop.download("t")

        assert answer.headers["Content-Type"] == "text/html"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="x.html"'

    def test_given_json_bytes_then_they_come_as_they_are_and_not_in_an_envelope(self, shop: Workshop) -> None:
        shop.upload(b'{"mine": true}', "x.json", tag="t").ok()

        answer = shop.download("t")

        assert (answer.headers["Content-Type"], answer.body) == ("application/json", b'{"mine": true}')


class TestHead:
    @pytest.mark.parametrize("ref", ["stable", "version:1.0.0", "latest"])
    def test_given_head_then_it_is_get_without_the_bytes(
        self, shop: Workshop, stored: Stored, ref: str
    ) -> None:
        got = shop.download(ref)
        headers = dict(shop.reader.head(shop.url(f"/+/{ref}")).headers)

        assert (got.body, headers["Content-Length"]) == (stored.data, str(SIZE_BYTES))
        for volatile in ("X-Request-ID", "Date"):
            headers.pop(volatile, None)
        assert headers == {name: got.headers[name] for name in headers}
        assert set(headers) | {"X-Request-ID"} == set(got.headers) - {"Date"}

    def test_given_head_of_what_the_client_has_then_304(self, shop: Workshop, stored: Stored) -> None:
        answer = shop.reader.head(shop.url("/+/stable"), headers={"If-None-Match": stored.etag})

        assert answer.status == 304

    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404)])
    @pytest.mark.usefixtures("stored")
    def test_given_head_without_rights_then_the_status_of_get(
        self, shop: Workshop, who: str, status: int
    ) -> None:
        assert getattr(shop, who).head(shop.url("/+/stable")).status == status


@pytest.mark.same_everywhere
class TestContentDisposition:
    @pytest.mark.parametrize(
        "name", ["my-test-file.bin", "a b.zip", "x(1).tar.gz", "a;b.zip", "a,b=c.zip", "[x]{y}@z.zip"]
    )
    def test_given_a_plain_name_then_it_is_quoted_and_nothing_else(self, shop: Workshop, name: str) -> None:
        shop.upload(b"bytes", quote(name), tag="t").ok()

        assert shop.download("t").headers["Content-Disposition"] == f'attachment; filename="{name}"'

    @pytest.mark.parametrize(
        ("name", "fallback"),
        [
            ("文件名.txt", "___.txt"),
            ("📦.zip", "_.zip"),
            ("é.zip", "_.zip"),
            ('a"b.zip', "a_b.zip"),
            ("100%.zip", "100_.zip"),
            ("%41.zip", "_41.zip"),
        ],
    )
    def test_given_any_other_name_then_it_comes_whole_in_utf8_behind_a_fallback(
        self, shop: Workshop, name: str, fallback: str
    ) -> None:
        shop.upload(b"bytes", quote(name), tag="t").ok()

        header = shop.download("t").headers["Content-Disposition"]

        plain, extended = header.split("; ")[1:]
        assert plain == f'filename="{fallback}"'
        assert unquote(extended.removeprefix("filename*=UTF-8''")) == name
        assert header.isascii()

    def test_given_an_apostrophe_then_the_extended_form_does_not_contain_it_raw(self, shop: Workshop) -> None:
        shop.upload(b"bytes", "it's*.zip", tag="t").ok()

        header = shop.download("t").headers["Content-Disposition"]

        assert header.endswith("filename*=UTF-8''it%27s%2A.zip")


class TestUploadBehindTheRef:
    def test_given_one_content_under_two_names_then_each_ref_has_its_own_name_and_type(
        self, shop: Workshop
    ) -> None:
        shop.upload(b"same", "first.txt", tag="a").ok()
        shop.upload(b"same", "second.zip", version="1.0").ok()

        first, second = shop.download("tag:a").headers, shop.download("version:1.0").headers

        assert (first["Content-Type"], second["Content-Type"]) == ("text/plain", "application/zip")
        assert 'filename="first.txt"' in first["Content-Disposition"]
        assert 'filename="second.zip"' in second["Content-Disposition"]

    def test_given_one_content_in_two_packages_then_each_has_its_own_name(self, shop: Workshop) -> None:
        other = shop.new_package()
        shop.upload(b"same", "first.txt", tag="a").ok()
        shop.writer.put(shop.url("/upload/second.zip", package=other), b"same", query={"tag": "a"}).ok()

        ref = f"/+/artifact:{shop.download('a').headers['X-Artifact-Id']}"
        here, there = shop.reader.get(shop.url(ref)), shop.reader.get(shop.url(ref, package=other))

        assert 'filename="first.txt"' in here.headers["Content-Disposition"]
        assert 'filename="second.zip"' in there.headers["Content-Disposition"]

    def test_given_a_tag_that_was_pointed_at_a_version_then_it_has_that_ones_name(
        self, shop: Workshop
    ) -> None:
        shop.upload(b"bytes", "app.zip", version="1.0").ok()
        shop.writer.request("PUT", shop.url("/tags/stable"), json={"version": "1.0"}).ok()

        assert 'filename="app.zip"' in shop.download("stable").headers["Content-Disposition"]


@pytest.mark.same_everywhere
class TestCacheControl:
    @pytest.mark.parametrize(
        ("ref", "immutable"),
        [
            ("version:1.0.0", True),
            ("artifact:{digest}", True),
            ("{digest}", False),
            ("1.0.0", False),
            ("stable", False),
            ("tag:stable", False),
            ("latest", False),
            ("version:^1.0", False),
            ("version:>=1,<2", False),
        ],
    )
    def test_given_a_private_project_then_only_what_can_never_change_is_immutable(
        self,
        shop: Workshop,
        stored: Stored,
        ref: str,
        immutable: bool,  # noqa: FBT001  # a parameter of the table
    ) -> None:
        answer = shop.download(ref.format(digest=stored.digest)).ok()

        directives = set(answer.headers["Cache-Control"].split(", "))
        assert "private" in directives
        assert ("immutable" in directives, "no-cache" in directives) == (immutable, not immutable)
        assert answer.headers["Vary"] == "Authorization, Cookie"

    @pytest.mark.parametrize(("ref", "immutable"), [("version:1.0.0", True), ("stable", False)])
    @pytest.mark.usefixtures("published")
    def test_given_a_public_project_then_shared_caches_may_keep_it(
        self,
        public_shop: Workshop,
        ref: str,
        immutable: bool,  # noqa: FBT001  # a parameter of the table
    ) -> None:
        for client in (public_shop.reader, public_shop.anonymous):
            answer = client.get(public_shop.url(f"/+/{ref}")).ok()
            directives = set(answer.headers["Cache-Control"].split(", "))
            assert "private" not in directives
            assert ("immutable" in directives, "no-cache" in directives) == (immutable, not immutable)
            assert answer.headers["Vary"] == "Authorization, Cookie"

    def test_given_immutable_then_for_a_year(self, shop: Workshop, stored: Stored) -> None:
        control = shop.download(f"artifact:{stored.digest}").headers["Cache-Control"]

        assert "max-age=31536000" in control

    @pytest.mark.usefixtures("stored")
    def test_given_a_refusal_then_nobody_keeps_it(self, shop: Workshop) -> None:
        assert shop.download("absent").headers["Cache-Control"] == "no-store"
