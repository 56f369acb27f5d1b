"""What twine and uv send, and what becomes of it: once, twice, and when it contradicts itself."""

import hashlib
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.client import FlaskAnswer
from tests.support.forms import BOUNDARY, Part, encoded
from tests.support.python_index import PythonDistribution, PythonIndex, form_of, sdist_of, wheel_of
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from tests.unit.formats.samples import many_then, zipped
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import VersionFile

WHEEL = wheel_of(requires_python=">=3.8")
OTHER = PythonDistribution(WHEEL.filename, wheel_of(content=b"other").data, WHEEL.fields)


def renamed(filename: str, **fields: str) -> PythonDistribution:
    """Return the wheel under another name."""
    return PythonDistribution(filename, WHEEL.data, {**WHEEL.fields, **fields})


class TestOnce:
    def test_given_a_file_then_its_package_is_made_and_it_is_there(
        self, index: PythonIndex, shop: Workshop
    ) -> None:
        answer = index.publish(WHEEL).ok()

        assert answer.data == {"filename": WHEEL.filename, "version": "1.0", "sha256": WHEEL.digest}
        url = f"/api/v1/project/{shop.project}/packages/pypi:hello-h7"
        package = shop.reader.get(url).ok().data
        assert (package["format"], package["display_name"]) == ("pypi", "Hello_H7")
        version = shop.reader.get(shop.url("/versions/1.0", package="pypi:hello-h7")).ok().data
        assert version["status"] == "downloaded"
        download = shop.reader.get(shop.url(f"/+/version:1.0/{WHEEL.filename}", package="pypi:hello-h7"))
        assert download.ok().body == WHEEL.data

    def test_given_the_address_without_its_slash_then_it_is_the_same(self, index: PythonIndex) -> None:
        index.send(form_of(WHEEL), url="/legacy").ok()

        assert list(index.files()) == [WHEEL.filename]

    def test_given_the_file_before_the_text_then_it_is_the_same(self, index: PythonIndex) -> None:
        *texts, file = form_of(WHEEL)

        index.send([file, *texts]).ok()

        assert index.files()[WHEEL.filename]["requires-python"] == ">=3.8"

    def test_given_what_the_form_says_beside_then_the_file_wins(self, index: PythonIndex) -> None:
        index.publish(WHEEL, requires_python=">=2", summary="something else").ok()

        assert index.files()[WHEEL.filename]["requires-python"] == ">=3.8"

    def test_given_thousands_of_fields_and_a_long_readme_then_they_are_taken(
        self, index: PythonIndex
    ) -> None:
        extra = [Part("classifiers", b"Topic :: X")] * 4000 + [Part("requires_dist", b"x")] * 1000

        index.publish(WHEEL, *extra, Part("description", b"read me " * 100_000)).ok()

    def test_given_a_large_source_with_its_metadata_last_then_its_name_counts(
        self, index: PythonIndex
    ) -> None:
        last = {"hello_h7-1.0/PKG-INFO": b"Name: hello_h7\nVersion: 1.0\n\n"}
        data = many_then(20, 1024 * 1024, "hello_h7-1.0", last)
        large = PythonDistribution("hello_h7-1.0.tar.gz", data, WHEEL.fields)

        index.publish(large).ok()

        assert list(index.files()) == [large.filename]

    def test_given_more_text_than_that_then_413_with_the_limit(self, index: PythonIndex) -> None:
        answer = index.publish(WHEEL, *[Part("description", b"x" * 1024 * 1024)] * 3)

        assert (answer.status, answer.data["limit"]) == (413, 2 * 1024 * 1024)


class TestAgain:
    def test_given_the_same_bytes_then_200_and_nothing_new(self, index: PythonIndex, shop: Workshop) -> None:
        index.publish(WHEEL).ok()
        etag = index.get("/simple/hello-h7/").headers["ETag"]

        index.publish(WHEEL).ok()

        assert index.get("/simple/hello-h7/").headers["ETag"] == etag
        shop.writer.post(shop.url("/versions/1.0/seal", package="pypi:hello-h7")).ok()
        index.publish(WHEEL).ok()

    def test_given_other_bytes_then_409_and_the_status_line_says_it(
        self, app: Flask, index: PythonIndex, shop: Workshop
    ) -> None:
        index.publish(WHEEL).ok()
        remains = remains_of(app, (Artifact, Lease, Upload, VersionFile))

        answer = index.publish(OTHER)

        assert (answer.status, answer.reason) == (409, "file_taken")
        sentence = f"File already exists: other bytes hold {WHEEL.filename}; use a new version"
        assert answer.msg == sentence
        assert (answer.data["existing"], answer.data["offered"]) == (WHEEL.digest, OTHER.digest)
        assert remains_of(app, (Artifact, Lease, Upload, VersionFile)) == remains
        assert status_line(app, index, shop, OTHER) == f"409 {sentence}"

    def test_given_a_deleted_file_then_its_name_takes_only_its_bytes_in_every_spelling(
        self, index: PythonIndex, shop: Workshop
    ) -> None:
        first = PythonDistribution("hello_h7-1.0.0.tar.gz", sdist_of(version="1.0").data, sdist_of().fields)
        index.publish(first).ok()
        shop.owner.delete(shop.url("/versions/1.0", package="pypi:hello-h7")).ok()
        same_version = sdist_of(version="1.0.0", summary="other")

        assert index.publish(same_version).reason == "file_taken"
        index.publish(first).ok()

    def test_given_a_sealed_release_then_a_new_file_is_refused(
        self, index: PythonIndex, shop: Workshop
    ) -> None:
        index.publish(WHEEL).ok()
        shop.writer.post(shop.url("/versions/1.0/seal", package="pypi:hello-h7")).ok()

        answer = index.publish(sdist_of())

        assert (answer.status, answer.reason) == (409, "version_sealed")


BLAKE2 = hashlib.blake2b(WHEEL.data, digest_size=32).hexdigest()
MALFORMED: dict[str, tuple[PythonDistribution, dict[str, str | None]]] = {
    "no action": (WHEEL, {":action": None}),
    "another action": (WHEEL, {":action": "submit"}),
    "another protocol": (WHEEL, {"protocol_version": "2"}),
    "no name": (WHEEL, {"name": None}),
    "no version": (WHEEL, {"version": ""}),
    "a version that is none": (WHEEL, {"version": "one"}),
    "an endless version": (WHEEL, {"version": "1" * 5000}),
    "a digest that is too short": (WHEEL, {"sha256_digest": "abc"}),
    "a digest that is none": (WHEEL, {"blake2_256_digest": "g" * 64}),
    "an egg": (renamed("hello_h7-1.0.egg"), {}),
    "a name that is none": (renamed("hello.whl"), {}),
    "metadata alone": (renamed(f"{WHEEL.filename}.metadata"), {}),
    "attestations": (WHEEL, {"attestations": "[]"}),
}
CONTRADICTIONS: dict[str, tuple[PythonDistribution, dict[str, str | None], str]] = {
    "another name in the form": (WHEEL, {"name": "other"}, "invalid"),
    "another version in the form": (WHEEL, {"version": "2.0"}, "invalid"),
    "another project in the file name": (renamed("other-1.0-py3-none-any.whl"), {"name": "other"}, "invalid"),
    "another version in the file name": (
        renamed("hello_h7-2.0-py3-none-any.whl"), {"version": "2.0"}, "invalid",
    ),
    "another SHA-256": (WHEEL, {"sha256_digest": "0" * 64}, "checksum_mismatch"),
    "another MD5": (WHEEL, {"md5_digest": "0" * 32}, "checksum_mismatch"),
    "another BLAKE2": (WHEEL, {"blake2_256_digest": "0" * 64}, "checksum_mismatch"),
    "no archive": (PythonDistribution(WHEEL.filename, b"no zip", WHEEL.fields), {}, "invalid"),
    "no metadata": (PythonDistribution(WHEEL.filename, zipped({"a": b""}), WHEEL.fields), {}, "invalid"),
    "nothing": (PythonDistribution(WHEEL.filename, b"", WHEEL.fields), {}, "invalid"),
}  # fmt: skip


class TestRefusals:
    @pytest.mark.parametrize("name", MALFORMED)
    def test_given_what_cannot_be_read_then_400(self, index: PythonIndex, name: str) -> None:
        distribution, fields = MALFORMED[name]

        answer = index.publish(distribution, **fields)

        assert answer.status == 400, answer
        assert index.get("/simple/hello-h7/").status == 404

    @pytest.mark.parametrize("name", CONTRADICTIONS)
    def test_given_what_contradicts_itself_then_422_and_nothing_remains(
        self, app: Flask, index: PythonIndex, name: str
    ) -> None:
        distribution, fields, reason = CONTRADICTIONS[name]
        before = remains_of(app, (Artifact, Lease, Upload, VersionFile))

        answer = index.publish(distribution, **fields)

        assert (answer.status, answer.reason) == (422, reason), answer
        assert remains_of(app, (Artifact, Lease, Upload, VersionFile)) == before

    def test_given_digests_behind_the_file_then_they_are_compared_too(self, index: PythonIndex) -> None:
        *texts, file = form_of(WHEEL, sha256_digest="0" * 64)

        assert index.send([file, *texts]).reason == "checksum_mismatch"

    @pytest.mark.parametrize(
        ("named", "status"), [(BLAKE2, 200), ("0" * 64, 422)], ids=["its own", "another"]
    )
    def test_given_a_blake2_behind_the_file_alone_then_it_is_compared_too(
        self, index: PythonIndex, named: str, status: int
    ) -> None:
        *texts, file = form_of(WHEEL, blake2_256_digest=None)

        assert index.send([*texts, file, Part("blake2_256_digest", named.encode())]).status == status

    def test_given_no_blake2_then_the_file_is_taken(self, index: PythonIndex) -> None:
        index.publish(WHEEL, blake2_256_digest=None).ok()

        assert [each["filename"] for each in index.page()["files"]] == [WHEEL.filename]

    def test_given_a_name_twice_then_422(self, index: PythonIndex) -> None:
        assert index.publish(WHEEL, Part("name", b"Hello_H7")).status == 422

    def test_given_no_form_then_415(self, index: PythonIndex, shop: Workshop) -> None:
        answer = shop.writer.post(f"{index.base}/legacy/", data=b"x", headers={"Content-Type": "text/plain"})

        assert answer.status == 415

    @pytest.mark.parametrize("who", ["reader", "stranger", "anonymous"])
    def test_given_somebody_who_may_not_then_they_are_refused_before_the_file(
        self, index: PythonIndex, shop: Workshop, who: str
    ) -> None:
        answer = index.send(form_of(WHEEL), getattr(shop, who))

        assert answer.status == {"reader": 403, "stranger": 404, "anonymous": 401}[who]

    @pytest.mark.parametrize("url", ["/simple/", "/simple/hello-h7/", "/", "/simple", "", "/files/a/b"])
    def test_given_an_address_that_takes_no_file_then_405_tells_the_right_one(
        self, index: PythonIndex, url: str
    ) -> None:
        answer = index.send(form_of(WHEEL), url=url)

        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]
        assert f"/pypi/{index.shop.project}/legacy/" in answer.msg
        assert f"/pypi/{index.shop.project}/simple/" in answer.msg
        assert answer.msg.isascii()  # twine shows the status line, which holds nothing else
        assert index.get("/legacy/").status == 405

    def test_given_a_key_for_uploads_alone_then_it_makes_no_project(
        self, index: PythonIndex, shop: Workshop
    ) -> None:
        body: dict[str, Any] = {"name": "ci", "scopes": ["upload"]}
        key = shop.writer.as_(shop.writer.post("/api/v1/auth/keys", body).ok().data["key"])

        assert index.send(form_of(WHEEL), key).status == 403
        index.publish(WHEEL).ok()
        index.send(form_of(sdist_of()), key).ok()


def status_line(app: Flask, index: PythonIndex, shop: Workshop, distribution: PythonDistribution) -> str:
    """Return the status line of a publication."""
    token = shop.people["writer"].token
    with FlaskClient(app, FlaskAnswer) as client:
        response = client.post(
            f"{index.base}/legacy/",
            data=encoded(*form_of(distribution)),
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            },
        )
        return response.status
