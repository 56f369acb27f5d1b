"""Tarballs that come into npm's packages by our own API are held to what those are that npm publishes."""

import pytest
from flask import Flask

from tests.support.client import Answer
from tests.support.node_registry import NodePackage, NodeRegistry, package_of
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from tests.unit.formats.samples import tar_gz
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import VersionFile

LIB = package_of()
PACKAGE = "npm:@h7~lib"


@pytest.fixture
def package(shop: Workshop) -> Workshop:
    """A package of npm's format, without files."""
    shop.owner.post(f"/api/v1/project/{shop.project}/packages", {"name": PACKAGE}).ok()
    return shop


def put(shop: Workshop, data: bytes, filename: str, **said: str) -> Answer:
    """Upload as our own API does it."""
    return shop.writer.put(shop.url(f"/upload/{filename}", package=PACKAGE), data, query=said)


def send_in_parts(shop: Workshop, data: bytes, filename: str, **said: str) -> Answer:
    """Upload by a session; return the last answer."""
    wish = {"filename": filename, "size": len(data), **said}
    begun = shop.writer.post(shop.url("/uploads/sessions", package=PACKAGE), wish)
    if begun.status >= 400:
        return begun
    session = begun.data["url"]
    shop.writer.put(f"{session}/parts/1", data).ok()
    return shop.writer.post(f"{session}/complete", {})


def test_given_our_own_ways_to_upload_then_npm_finds_what_they_bring(
    registry: NodeRegistry, package: Workshop
) -> None:
    second, third = package_of(version="2.0.0-rc.1", os="linux"), package_of(version="3.0.0")
    named = put(package, LIB.data, LIB.filename).ok().data
    send_in_parts(package, second.data, second.filename, version=second.version).ok()
    package.upload(third.data, "elsewhere.bin").ok()
    by_checksum = {"X-Checksum-Deploy": "true", "X-Checksum-Sha256": third.digest}
    url = package.url(f"/upload/{third.filename}", package=PACKAGE)
    package.writer.put(url, b"", headers=by_checksum).ok()

    shown = registry.packument()["versions"]

    assert (named["version"], named["version_source"]) == ("1.0.0", "metadata")
    assert list(shown) == ["1.0.0", "2.0.0-rc.1", "3.0.0"]
    assert [each["dist"]["integrity"] for each in shown.values()] == [
        each.integrity for each in (LIB, second, third)
    ]
    assert shown["2.0.0-rc.1"]["os"] == ["linux"]


NOTHING: dict[str, str] = {}
LIES: dict[str, tuple[str, bytes, dict[str, str], str]] = {
    "no archive": ("lib-1.0.0.tgz", b"no tar", NOTHING, "cannot be read as a package"),
    "no package.json": ("lib-1.0.0.tgz", tar_gz({"package/a": b""}), NOTHING, "does not say its name"),
    "another name": ("other-1.0.0.tgz", LIB.data, NOTHING, "is called lib-VERSION.tgz"),
    "no version in the name": ("lib.tgz", LIB.data, {"version": "1.0.0"}, "is called lib-VERSION.tgz"),
    "another package inside": ("lib-1.0.0.tgz", package_of("lib").data, NOTHING, "is of lib, not of @h7/lib"),
    "another version inside": ("lib-1.1.0.tgz", LIB.data, NOTHING, "is of version 1.0.0, not of 1.1.0"),
    "another version beside": ("lib-1.0.0.tgz", LIB.data, {"version": "1.1.0"}, "the request says 1.1.0"),
    "build metadata": ("lib-1.0.0+x.tgz", LIB.data, {"version": "1.0.0+x"}, "as npm does"),
    "a v": ("lib-v1.0.0.tgz", LIB.data, {"version": "v1.0.0"}, "is called lib-VERSION.tgz"),
    "a number that is none": (f"lib-{2**53}.0.0.tgz", LIB.data, NOTHING, "as npm does"),
}  # fmt: skip


@pytest.mark.parametrize("case", LIES)
def test_given_a_tarball_that_is_not_what_it_says_then_no_way_takes_it(
    app: Flask, registry: NodeRegistry, package: Workshop, case: str
) -> None:
    filename, data, said, sentence = LIES[case]
    remains = remains_of(app, (Artifact, Lease, Upload, VersionFile))

    answer = put(package, data, filename, **said)

    assert remains_of(app, (Artifact, Lease, Upload, VersionFile)) == remains
    for each in (answer, send_in_parts(package, data, filename, **said)):
        assert (each.status, each.reason) == (422, "invalid")
        assert sentence in each.msg
    assert registry.get("/@h7%2flib").status == 404


def test_given_what_npm_does_not_look_at_then_it_may_be_anything(package: Workshop) -> None:
    for filename in ("notes.txt", "docs/lib-1.0.0.tgz", "lib-1.0.0.tar.gz", "LIB-1.0.0.TGZ"):
        assert put(package, filename.encode(), filename, version="1.0.0").ok().data["version"] == "1.0.0"


def test_given_a_version_that_javascript_cannot_count_then_npm_publishes_none(
    registry: NodeRegistry,
) -> None:
    assert registry.publish(package_of(version=f"{2**53 - 1}.0.0")).status == 201

    answer = registry.publish(package_of(version=f"{2**53}.0.0"))

    assert (answer.status, answer.reason) == (422, "invalid")


def test_given_package_json_twice_then_neither_way_takes_it(
    registry: NodeRegistry, package: Workshop
) -> None:
    files = {"package/package.json": b'{"name": "@h7/lib", "version": "1.0.0"}', "other/package.json": b"{}"}
    twice = NodePackage("@h7/lib", "1.0.0", tar_gz(files))

    for answer in (registry.publish(twice), put(package, twice.data, twice.filename)):
        assert (answer.status, answer.reason) == (422, "invalid")
        assert "more than once" in answer.msg
