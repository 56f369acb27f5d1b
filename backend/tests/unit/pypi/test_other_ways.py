"""Packages of PyPI's format by our own API: adopted, found, and described."""

import pytest
from flask import Flask

from tests.support.client import Answer, ApiClient
from tests.support.python_index import PythonDistribution, PythonIndex, sdist_of, wheel_of
from tests.support.registry import PersonMaker, Workshop
from tests.support.remains import remains_of
from tests.unit.formats.samples import tar_gz, zipped
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import VersionFile

WHEEL = wheel_of(requires_python=">=3.8", summary="Says hello")


def adopt(app: Flask, shop: Workshop) -> None:
    """Have what lies in the generic package appear to installers."""
    shop.writer.post(shop.url("/adopt"), {"format": "pypi", "name": "Hello_H7"}).ok()
    with app.app_context():
        app.extensions["services"][WorkService].run_due()


def test_given_wheels_in_a_generic_package_then_adopted_they_are_as_if_published(
    app: Flask, index: PythonIndex, shop: Workshop
) -> None:
    for file in (WHEEL, sdist_of()):
        shop.upload(file.data, file.filename).ok()
    adopt(app, shop)

    adopted = index.files()

    assert set(adopted) == {WHEEL.filename, sdist_of().filename}
    wheel = adopted[WHEEL.filename]
    assert wheel["requires-python"] == ">=3.8"
    metadata = index.get(f"/files/{WHEEL.digest}/{WHEEL.filename}.metadata").ok()
    assert metadata.body.startswith(b"Metadata-Version")
    etag = index.get("/simple/hello-h7/").headers["ETag"]

    adopt(app, shop)
    index.publish(WHEEL).ok()

    assert index.get("/simple/hello-h7/").headers["ETag"] == etag


def test_given_a_published_project_then_search_lists_and_statistics_know_it(
    index: PythonIndex, shop: Workshop, client: ApiClient, make_person: PersonMaker
) -> None:
    admin = client.as_(make_person("admin", is_admin=True).token)
    before = admin.get("/api/stats").ok().data["storage"]
    index.publish(WHEEL).ok()
    after = admin.get("/api/stats").ok().data["storage"]

    found = shop.reader.get("/api/v1/search", query={"q": "pypi:hello"}).ok()
    packages = shop.reader.get(f"/api/v1/project/{shop.project}/packages").ok().items

    assert "pypi:hello-h7" in str(found.data)
    assert [each["name"] for each in packages if each["format"] == "pypi"] == ["pypi:hello-h7"]
    assert {name: after[name] - before[name] for name in ("artifacts", "bytes")} == {
        "artifacts": 1, "bytes": len(WHEEL.data),
    }  # fmt: skip


PACKAGE = "pypi:hello-h7"


@pytest.fixture
def package(shop: Workshop) -> Workshop:
    """A package of PyPI's format, without files."""
    shop.owner.post(f"/api/v1/project/{shop.project}/packages", {"name": "pypi:Hello_H7"}).ok()
    return shop


def put(shop: Workshop, data: bytes, filename: str, **said: str) -> Answer:
    """Upload as our own API does it."""
    return shop.writer.put(shop.url(f"/upload/{filename}", package=PACKAGE), data, query=said)


def send_in_parts(shop: Workshop, file: PythonDistribution, **said: str) -> Answer:
    """Upload by a session; return the last answer."""
    wish = {"filename": file.filename, "size": len(file.data), **said}
    begun = shop.writer.post(shop.url("/uploads/sessions", package=PACKAGE), wish)
    if begun.status >= 400:
        return begun
    session = begun.data["url"]
    shop.writer.put(f"{session}/parts/1", file.data).ok()
    return shop.writer.post(f"{session}/complete", {})


def test_given_our_own_ways_to_upload_then_the_page_says_as_much(
    index: PythonIndex, package: Workshop
) -> None:
    other, third = wheel_of(version="2.0", requires_python=">=3.9"), wheel_of(version="3.0")
    put(package, WHEEL.data, WHEEL.filename).ok()
    send_in_parts(package, other, version="2.0").ok()
    package.upload(third.data, "elsewhere.bin").ok()
    by_checksum = {"X-Checksum-Deploy": "true", "X-Checksum-Sha256": third.digest}
    package.writer.put(
        package.url(f"/upload/{third.filename}", package=PACKAGE), b"", headers=by_checksum
    ).ok()

    files = index.files()

    assert [each.get("requires-python") for each in files.values()] == [">=3.8", ">=3.9", None]
    assert [bool(each["core-metadata"]) for each in files.values()] == [True, True, True]
    assert index.page()["versions"] == ["1.0", "2.0", "3.0"]


LIES: dict[str, tuple[str, bytes, dict[str, str], str]] = {
    "no archive": ("hello_h7-3.0-py3-none-any.whl", b"no zip", {}, "cannot be read as a distribution"),
    "no metadata": ("hello_h7-3.0.tar.gz", tar_gz({"a": b""}), {}, "does not say its name and version"),
    "another project": (wheel_of("other").filename, wheel_of("other").data, {}, "the request hello-h7"),
    "another project inside": (WHEEL.filename, wheel_of("other").data, {}, "the file is of other"),
    "another version inside": (WHEEL.filename, wheel_of(version="2.0").data, {}, "of version 2.0"),
    "another version beside": (WHEEL.filename, WHEEL.data, {"version": "1.1"}, "the request 1.1"),
    "a version that is none": (WHEEL.filename, WHEEL.data, {"version": "one"}, "PEP 440"),
    "a name that is none": ("notes.zip", zipped({"a": b""}), {}, "is not made of name and version"),
}


@pytest.mark.parametrize("name", LIES)
def test_given_a_distribution_that_is_not_what_it_says_then_no_way_takes_it(
    app: Flask, index: PythonIndex, package: Workshop, name: str
) -> None:
    filename, data, said, sentence = LIES[name]
    remains = remains_of(app, (Artifact, Lease, Upload, VersionFile))

    answer = put(package, data, filename, **said)

    assert remains_of(app, (Artifact, Lease, Upload, VersionFile)) == remains
    for each in (answer, send_in_parts(package, PythonDistribution(filename, data), **said)):
        assert (each.status, each.reason) == (422, "invalid")
        assert sentence in each.msg
    assert index.files() == {}


def test_given_another_spelling_of_a_version_then_it_is_that_version(
    index: PythonIndex, package: Workshop
) -> None:
    put(package, sdist_of().data, sdist_of().filename, version="1.0").ok()
    again = wheel_of(version="1.0.0")

    assert put(package, again.data, again.filename, version="v1.0.0").ok().data["version"] == "1.0"
    assert put(package, b"signature", "notes.txt", version="1.0.0").ok().data["version"] == "1.0"
    assert index.page()["versions"] == ["1.0"]
    assert len(index.files()) == 2


def test_given_files_that_installers_do_not_see_then_they_are_taken_as_they_are(
    index: PythonIndex, package: Workshop
) -> None:
    for filename in ("notes.txt", "docs/manual.zip", "bundle.tar.xz"):
        put(package, filename.encode(), filename, version="1.0").ok()

    assert index.files() == {}


def test_given_a_burnt_version_then_adoption_does_not_bring_it_back_in_another_spelling(
    app: Flask, index: PythonIndex, shop: Workshop
) -> None:
    first = PythonDistribution("hello_h7-1.0.0.tar.gz", sdist_of(version="1.0").data, sdist_of().fields)
    index.publish(first).ok()
    shop.owner.delete(shop.url("/versions/1.0", package=PACKAGE)).ok()
    other = sdist_of(version="1.0.0", summary="other")
    shop.upload(other.data, other.filename).ok()

    adopt(app, shop)

    assert index.files() == {}
