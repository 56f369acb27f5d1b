"""What lies in a generic package becomes a package of another format, without a copy and with a report."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.support.builders import sha256
from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop
from tests.unit.formats.samples import tar_gz, wheel, zipped
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.kit.db import reading
from wxcloudrun.wiring.stores import blob_store

# Made by `python -m build` and `npm pack`.
SAMPLES = Path(__file__).parent / "samples"
WHEEL, SDIST, TARBALL = "hello_h7-3.0.2-py3-none-any.whl", "hello_h7-3.0.2.tar.gz", "h7-lib-1.2.0.tgz"


def sample(name: str) -> bytes:
    """Return one of the packages that real tools have made."""
    return (SAMPLES / name).read_bytes()


def own_wheel(name: str, version: str) -> bytes:
    """Return a wheel that says it is that."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n".encode()
    return zipped({f"{name}-{version}.dist-info/METADATA": metadata})


def own_tarball(**manifest: str) -> bytes:
    """Return what npm packs."""
    return tar_gz({"package/package.json": json.dumps(manifest).encode()})


class Adopter:
    """A generic package called hello-h7, and a worker that works when it is told to."""

    def __init__(self, app: Flask, shop: Workshop) -> None:
        self.app, self.shop = app, shop
        self.make("hello-h7")

    def make(self, name: str) -> None:
        """Make a package."""
        self.shop.writer.post(f"/api/v1/project/{self.shop.project}/packages", {"name": name}).ok()

    def put(self, filename: str, data: bytes, *, package: str = "hello-h7", **names: str) -> str:
        """Upload a file and return its artifact's id."""
        url = self.shop.url(f"/upload/{filename}", package=package)
        return str(self.shop.writer.put(url, data, query=names).ok().data["artifact_id"])

    def ask(self, client: ApiClient | None = None, *, package: str = "hello-h7", **body: str) -> Answer:
        """Ask for an adoption."""
        return (client or self.shop.writer).post(self.shop.url("/adopt", package=package), body)

    def work(self) -> None:
        """Do what waits."""
        with self.app.app_context():
            self.app.extensions["services"][WorkService].run_due()

    def adopt(self, *, package: str = "hello-h7", **body: str) -> dict[str, Any]:
        """Have a package adopted, and return the report."""
        asked = self.ask(None, package=package, **body).ok()
        assert (asked.status, asked.data["state"], asked.data["report"]) == (202, "queued", None)
        self.work()
        done = self.shop.writer.get(self.shop.url(f"/adopt/{asked.data['id']}", package=package)).ok().data
        assert (done["state"], done["error"]) == ("done", None)
        return dict(done["report"])

    def files(self, package: str, version: str) -> dict[str, str]:
        """Return the files of a version and their bytes."""
        url = self.shop.url(f"/versions/{version}/files", package=package)
        return {each["filename"]: each["sha256"] for each in self.shop.reader.get(url).ok().items}

    def versions(self, package: str) -> list[dict[str, Any]]:
        """Return the versions of a package, oldest first."""
        return list(reversed(self.shop.reader.get(self.shop.url("/versions", package=package)).ok().items))


@pytest.fixture
def adopter(app: Flask, shop: Workshop) -> Adopter:
    """Somebody who adopts."""
    return Adopter(app, shop)


def why(report: dict[str, Any]) -> dict[str, str]:
    """Return for which reason each file was left out."""
    assert all(each["message"] for each in report["files"])
    return {each["filename"]: each["reason"] for each in report["files"]}


def test_given_wheel_sdist_and_others_then_one_version_has_both_and_the_rest_is_reported(
    adopter: Adopter,
) -> None:
    held = {WHEEL: adopter.put(WHEEL, sample(WHEEL)), SDIST: adopter.put(SDIST, sample(SDIST))}
    adopter.put("notes.txt", b"text", version="9")
    adopter.put("broken-1.0-py3-none-any.whl", b"no zip")
    adopter.put("demo-1.2.3-py3-none-any.whl", wheel())
    adopter.put("hello_h7-4.0-py3-none-any.whl", own_wheel("hello_h7", "5.0"), version="x")
    adopter.put("hello_h7.whl", own_wheel("hello_h7", "6.0"))
    adopter.put("hello_h7-1.0.tar.gz", tar_gz({"hello_h7-1.0/PKG-INFO": b"Name: hello_h7\nVersion: one\n\n"}))
    before = adopter.versions("hello-h7")

    report = adopter.adopt(format="pypi")

    assert (report["package"], report["adopted"], report["present"], report["left_out"]) == (
        "pypi:hello-h7", 2, 0, 6,
    )  # fmt: skip
    assert why(report) == {
        "notes.txt": "other_kind",
        "broken-1.0-py3-none-any.whl": "unreadable",
        "demo-1.2.3-py3-none-any.whl": "other_name",
        "hello_h7-4.0-py3-none-any.whl": "contradiction",
        "hello_h7.whl": "bad_filename",
        "hello_h7-1.0.tar.gz": "bad_version",
    }
    assert adopter.files("pypi:hello-h7", "3.0.2") == held
    url = adopter.shop.url(f"/+/version:3.0.2/{SDIST}", package="pypi:hello-h7")
    assert adopter.shop.reader.get(url).body == sample(SDIST)
    assert adopter.versions("hello-h7") == before


def test_given_the_same_again_then_nothing_changes_and_no_byte_was_copied(adopter: Adopter) -> None:
    adopter.put(WHEEL, sample(WHEEL))
    with adopter.app.app_context(), reading() as session:
        count = select(func.count()).select_from(Artifact)
        artifacts = session.execute(count).scalar_one()
    adopter.adopt(format="pypi")
    first = adopter.versions("pypi:hello-h7")

    report = adopter.adopt(format="pypi")

    assert (report["adopted"], report["present"], report["left_out"]) == (0, 1, 0)
    assert adopter.versions("pypi:hello-h7") == first
    held = adopter.shop.reader.get(f"/api/v1/artifact/{sha256(sample(WHEEL))}").ok().data
    assert [each["package"] for each in held["versions"]] == ["hello-h7", "pypi:hello-h7"]
    with adopter.app.app_context(), reading() as session:
        assert session.execute(count).scalar_one() == artifacts


def test_given_bytes_under_a_tag_or_a_bare_upload_then_they_are_adopted_too(adopter: Adopter) -> None:
    adopter.put("hello_h7-1.0-py3-none-any.whl", one := own_wheel("hello_h7", "1.0"), tag="stable")
    two = adopter.put(
        "hello_h7-1.0.0.zip", zipped({"hello_h7-1.0.0/PKG-INFO": b"Name: hello_h7\nVersion: 1.0.0\n\n"})
    )
    adopter.shop.maintainer.delete(adopter.shop.url("/versions/1.0", package="hello-h7")).ok()

    report = adopter.adopt(format="pypi")

    assert (report["adopted"], report["left_out"]) == (2, 0)
    (version,) = adopter.versions("pypi:hello-h7")  # to PEP 440, 1.0 and 1.0.0 are one
    assert adopter.files("pypi:hello-h7", version["version"]) == {
        "hello_h7-1.0-py3-none-any.whl": sha256(one),
        "hello_h7-1.0.0.zip": two,
    }


def test_given_a_yanked_and_deprecated_version_then_the_new_one_is_so_too(adopter: Adopter) -> None:
    adopter.put(WHEEL, sample(WHEEL))
    words = {"yanked": "broken", "deprecated": "use 4"}
    adopter.shop.writer.patch(adopter.shop.url("/versions/3.0.2", package="hello-h7"), words).ok()

    adopter.adopt(format="pypi")

    (version,) = adopter.versions("pypi:hello-h7")
    assert (version["yanked"]["reason"], version["deprecated"]) == ("broken", "use 4")


def test_given_tarballs_of_npm_then_they_go_under_the_name_that_they_say(adopter: Adopter) -> None:
    adopter.put(TARBALL, sample(TARBALL))
    adopter.put("other.tgz", own_tarball(name="@h7/lib", version="1.2.0"))
    adopter.put("odd.tgz", own_tarball(name="@h7/lib", version="one"))
    adopter.put("lib.tgz", own_tarball(name="lib", version="1.0.0"))
    adopter.put("chart.tgz", tar_gz({"demo/Chart.yaml": b"name: demo\nversion: 1.2.3\n"}))

    report = adopter.adopt(format="npm", name="@h7/lib")

    assert (report["package"], report["adopted"]) == ("npm:@h7~lib", 1)
    assert why(report) == {
        "other.tgz": "file_taken",
        "odd.tgz": "bad_version",
        "lib.tgz": "other_name",
        "chart.tgz": "unreadable",
    }
    assert adopter.files("npm:@h7~lib", "1.2.0") == {"lib-1.2.0.tgz": sha256(sample(TARBALL))}


def test_given_what_cannot_be_adopted_then_it_is_refused_and_no_package_is_made(adopter: Adopter) -> None:
    adopter.make("pypi:there")
    adopter.make("a-")
    shop = adopter.shop

    refused = [
        adopter.ask(package="pypi:there", format="npm"),
        adopter.ask(package="a-", format="pypi"),
        adopter.ask(format="npm", name="@H7/lib"),
        adopter.ask(format="oci"),
        adopter.ask(shop.reader, format="pypi"),
        adopter.ask(shop.stranger, format="pypi"),
        adopter.ask(shop.anonymous, format="pypi"),
    ]

    assert [each.status for each in refused] == [409, 422, 422, 422, 403, 404, 401]
    listed = shop.reader.get(f"/api/v1/project/{shop.project}/packages").ok().items
    assert {each["name"] for each in listed} == {"a-", "hello-h7", "pypi:there", shop.package}


def test_given_the_number_of_another_job_then_it_is_told_to_nobody(adopter: Adopter) -> None:
    asked = adopter.ask(format="pypi").ok().data["id"]

    for number in (asked + 1, "x", asked):
        assert adopter.shop.writer.get(adopter.shop.url(f"/adopt/{number}")).status == 404
    where = adopter.shop.url(f"/adopt/{asked}", package="hello-h7")
    assert adopter.shop.reader.get(where).status == 403


def test_given_a_package_that_is_deleted_before_then_the_job_ends_without_a_report(adopter: Adopter) -> None:
    adopter.put(WHEEL, sample(WHEEL))
    asked = adopter.ask(format="pypi").ok().data["id"]
    packages = f"/api/v1/project/{adopter.shop.project}/packages"
    adopter.shop.maintainer.delete(f"{packages}/pypi:hello-h7", query={"force": "true"}).ok()

    adopter.work()

    seen = adopter.shop.writer.get(adopter.shop.url(f"/adopt/{asked}", package="hello-h7")).ok().data
    assert (seen["state"], seen["report"]) == ("cancelled", None)


def test_given_a_hostile_and_a_lost_file_then_they_alone_are_left_out(adopter: Adopter) -> None:
    numbers, lost = "hello_h7-1.0-py3-none-any.whl", "hello_h7-2.0-py3-none-any.whl"
    adopter.put(numbers, own_wheel("hello_h7", "1." + "2" * 5000))
    damaged = adopter.put(lost, own_wheel("hello_h7", "2.0"))
    adopter.put(WHEEL, sample(WHEEL))
    with adopter.app.app_context():
        with reading() as session:
            key = session.execute(select(Artifact.object_key).where(Artifact.id == damaged)).scalar_one()
        blob_store(adopter.app.extensions["settings"]).delete(key)

    report = adopter.adopt(format="pypi")

    assert (report["adopted"], why(report)) == (1, {numbers: "bad_version", lost: "gone"})
