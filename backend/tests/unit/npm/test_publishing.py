"""What npm publishes, and what becomes of it: once, twice, and when it contradicts itself."""

import base64
import json
from typing import Any

import pytest
from flask import Flask

from tests.support.builders import content
from tests.support.node_registry import NodePackage, NodeRegistry, package_of, publication
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from tests.unit.formats.samples import many_then, tar_gz
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import VersionFile

LIB = package_of(bin="./cli.js", dependencies={"left-pad": "1"})
OTHER = package_of(content=b"other", bin="./cli.js")
TABLES = (Artifact, Lease, Upload, VersionFile)
KEY = "@h7/lib-1.0.0.tgz"


class TestOnce:
    def test_given_a_publication_then_its_package_is_made_and_all_is_there(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        answer = registry.publish(LIB)

        assert answer.status == 201
        found = registry.packument()
        assert answer.data == {"ok": True, "id": "@h7/lib", "rev": found["_rev"]}
        assert found["dist-tags"] == {"latest": "1.0.0"}
        assert found["readme"] == "# A README"
        version = found["versions"]["1.0.0"]
        assert version["bin"] == {"lib": "./cli.js"}
        assert version["dist"]["integrity"] == LIB.integrity
        assert version["dist"]["tarball"].endswith(f"{registry.base}/@h7/lib/-/lib-1.0.0.tgz")
        assert registry.get("/@h7/lib/-/lib-1.0.0.tgz").ok().body == LIB.data
        package = shop.reader.get(f"/api/v1/project/{shop.project}/packages/npm:@h7~lib").ok().data
        assert package["format"] == "npm"

    def test_given_the_address_in_clear_then_it_is_the_same(self, registry: NodeRegistry) -> None:
        registry.shop.writer.put(f"{registry.base}/@h7/lib", json=publication(LIB)).ok()

        assert registry.version()["version"] == "1.0.0"

    def test_given_another_tag_then_latest_is_there_too_and_stays(self, registry: NodeRegistry) -> None:
        registry.publish(LIB, "beta").ok()
        assert registry.packument()["dist-tags"] == {"beta": "1.0.0", "latest": "1.0.0"}

        registry.publish(package_of(version="2.0.0-rc.1"), "beta").ok()
        assert registry.packument()["dist-tags"] == {"beta": "2.0.0-rc.1", "latest": "1.0.0"}

        registry.publish(package_of(version="1.1.0")).ok()
        assert registry.packument()["dist-tags"] == {"beta": "2.0.0-rc.1", "latest": "1.1.0"}

    def test_given_what_the_document_says_then_the_tarball_is_right(self, registry: NodeRegistry) -> None:
        lies: dict[str, Any] = {
            "dependencies": {"evil": "1"},
            "scripts": {},
            "bin": {"x": "y"},
            "license": "MIT",
        }

        registry.publish(LIB, **lies, gitHead="abc", _hasShrinkwrap=False).ok()

        version = registry.version()
        assert version["dependencies"] == {"left-pad": "1"}
        assert not {"scripts", "license"} & set(version)
        assert (version["gitHead"], version["_hasShrinkwrap"]) == ("abc", False)

    def test_given_a_manifest_behind_many_megabytes_then_it_is_found(self, registry: NodeRegistry) -> None:
        manifest = {"package/package.json": b'{"name": "large", "version": "1.0.0"}'}
        data = many_then(150, 1024 * 1024, "package", manifest)

        registry.publish(NodePackage("large", "1.0.0", data, {"name": "large", "version": "1.0.0"})).ok()

        assert registry.version(name="large")["version"] == "1.0.0"

    def test_given_attachments_first_or_escapes_or_pieces_then_it_is_the_same(
        self, registry: NodeRegistry
    ) -> None:
        document = publication(LIB)
        turned = {"_attachments": document.pop("_attachments"), **document}
        body = json.dumps(turned).replace("/", "\\/").encode()

        pieces = (body[at : at + 7] for at in range(0, len(body), 7))
        registry.shop.writer.put(
            registry.url(), b"".join(pieces), headers={"Content-Type": "application/json"}
        ).ok()

        assert registry.get("/@h7/lib/-/lib-1.0.0.tgz").ok().body == LIB.data

    def test_given_a_readme_of_any_length_then_its_beginning_is_kept(self, registry: NodeRegistry) -> None:
        registry.publish(LIB, readme="二" * 100_000).ok()

        assert registry.packument()["readme"] == "二" * (64 * 1024 // 3)

    def test_given_build_metadata_in_the_tarball_then_npm_drops_it(self, registry: NodeRegistry) -> None:
        built = package_of(version="1.0.0+build.7")

        registry.publish(NodePackage("@h7/lib", "1.0.0", built.data, {"name": "@h7/lib"})).ok()

        assert list(registry.packument()["versions"]) == ["1.0.0"]


class TestAgain:
    def test_given_the_same_bytes_then_201_and_nothing_is_moved(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        registry.publish(LIB).ok()
        registry.publish(package_of(version="1.1.0")).ok()
        before = registry.packument()
        shop.writer.post(shop.url("/versions/1.0.0/seal", package="npm:@h7~lib")).ok()

        assert registry.publish(LIB).status == 201

        after = registry.packument()
        assert after["dist-tags"] == before["dist-tags"] == {"latest": "1.1.0"}
        assert after["versions"] == before["versions"]

    def test_given_other_bytes_then_409_in_a_sentence_and_nothing_remains(
        self, app: Flask, registry: NodeRegistry
    ) -> None:
        registry.publish(LIB).ok()
        remains = remains_of(app, TABLES)

        answer = registry.publish(OTHER)

        assert (answer.status, answer.reason) == (409, "file_taken")
        assert answer.msg.startswith("you cannot publish over @h7/lib@1.0.0")
        assert remains_of(app, TABLES) == remains
        assert registry.version()["dist"]["integrity"] == LIB.integrity

    def test_given_a_deleted_version_then_it_takes_only_its_bytes(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        registry.publish(LIB).ok()
        registry.publish(package_of(version="1.1.0")).ok()
        shop.owner.delete(shop.url("/versions/1.0.0", package="npm:@h7~lib")).ok()

        assert registry.publish(OTHER).reason == "file_taken"
        assert registry.publish(LIB).status == 201
        assert set(registry.packument()["versions"]) == {"1.0.0", "1.1.0"}


def changed(**changes: Any) -> dict[str, Any]:
    """Return the publication with some of its fields changed."""
    return {**publication(LIB), **changes}


def of_version(**changes: Any) -> dict[str, Any]:
    """Return the publication with some fields of its version changed."""
    return publication(LIB, "latest", **changes)


def attached(key: str = KEY, **changes: Any) -> dict[str, Any]:
    """Return the publication with some fields of its attachment changed."""
    return changed(_attachments={key: {**publication(LIB)["_attachments"][KEY], **changes}})


CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "another name": changed(name="@h7/other"),
    "another id": changed(_id="@h7/other"),
    "no name": changed(name=None),
    "no version": changed(versions={}),
    "two versions": changed(versions={"1.0.0": {}, "1.0.1": {}}),
    "a version that is not that of the tarball": changed(
        versions={"1.0.1": {}}, _attachments=attached(KEY.replace("1.0.0", "1.0.1"))["_attachments"],
        **{"dist-tags": {}},
    ),
    "a version inside of another name": of_version(version="1.0.1"),
    "a name inside of another name": of_version(name="@h7/other"),
    "a version that is none": changed(versions={"1.0": {}}),
    "build metadata": changed(versions={"1.0.0+x": {}}),
    "a tag for something else": changed(**{"dist-tags": {"latest": "2.0.0"}}),
    "a tag that is a range": changed(**{"dist-tags": {"v1": "1.0.0"}}),
    "a tag that cannot be": changed(**{"dist-tags": {"a/b": "1.0.0"}}),
    "another length": attached(length=1),
    "another sha512": of_version(dist={"integrity": OTHER.integrity}),
    "another sha1": of_version(dist={"shasum": OTHER.shasum}),
    "another sha1 in the integrity": of_version(
        dist={"integrity": f"{LIB.integrity} sha1-{base64.b64encode(bytes(20)).decode()}"}
    ),
    "a shasum that is none": of_version(dist={"shasum": "x"}),
    "an integrity that is none": of_version(dist={"integrity": "sha512-!"}),
    "another file name": attached("other-1.0.0.tgz"),
    "two tarballs": changed(
        _attachments={KEY: attached()["_attachments"][KEY], "lib-1.0.0.tgz": attached()["_attachments"][KEY]}
    ),
    "an attestation": changed(
        _attachments={KEY: attached()["_attachments"][KEY], "@h7/lib-1.0.0.sigstore": {"data": "{}"}}
    ),
    "no bytes": attached(data=""),
}  # fmt: skip
MALFORMED: dict[str, dict[str, Any]] = {
    "no base64": attached(data="!"),
    "lists": changed(versions=[1]),
    "texts": changed(versions={"1.0.0": "x"}),
    "a dist that is a list": of_version(dist=[1]),
    "an integrity that is a number": of_version(dist={"integrity": 1}),
}


class TestContradictions:
    @pytest.mark.parametrize("case", CONTRADICTIONS)
    def test_given_what_contradicts_itself_then_422_and_nothing_remains(
        self, app: Flask, registry: NodeRegistry, case: str
    ) -> None:
        remains = remains_of(app, TABLES)

        answer = registry.send(CONTRADICTIONS[case])

        assert answer.status == 422, answer.body
        assert remains_of(app, TABLES) == remains
        assert registry.get("/@h7%2flib").status == 404

    @pytest.mark.parametrize("case", MALFORMED)
    def test_given_what_cannot_be_read_then_400(self, app: Flask, registry: NodeRegistry, case: str) -> None:
        remains = remains_of(app, TABLES)

        assert registry.send(MALFORMED[case]).status == 400
        assert remains_of(app, TABLES) == remains

    @pytest.mark.parametrize(
        "manifest",
        [
            None,
            b"",
            b"[]",
            b"{",
            b'{"name": "@h7/lib"}',
            b'{"name": "@h7/lib", "version": NaN}',
            b"[" * 10_000,
        ],
    )
    def test_given_a_tarball_that_does_not_say_what_it_is_then_422(
        self, registry: NodeRegistry, manifest: bytes | None
    ) -> None:
        data = b"no tarball" if manifest is None else tar_gz({"package/package.json": manifest})

        assert registry.publish(NodePackage("@h7/lib", "1.0.0", data)).status == 422

    @pytest.mark.parametrize("name", ["@h7/LIB", "~lib", "lib!", "a" * 215])
    def test_given_a_name_that_npm_does_not_take_then_422(self, registry: NodeRegistry, name: str) -> None:
        assert registry.publish(package_of(name)).status == 422

    def test_given_no_tarball_or_no_json_then_it_is_refused(self, registry: NodeRegistry) -> None:
        answer = registry.shop.writer.put(registry.url(), b"{}", headers={"Content-Type": "text/plain"})
        assert answer.status == 415
        answer = registry.shop.writer.put(registry.url(), b"[]", headers={"Content-Type": "application/json"})
        assert answer.status == 400

    def test_given_more_text_than_is_read_then_413_with_the_limit(self, registry: NodeRegistry) -> None:
        answer = registry.publish(LIB, readme="x" * 1024 * 1024)

        assert (answer.status, answer.data["reason"]) == (413, "too_large")


class TestRights:
    def test_given_who_may_not_write_then_nothing_is_read_of_the_body(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        due = {shop.reader: 403, shop.stranger: 404, shop.anonymous: 401}
        for caller, status in due.items():
            answer = caller.put(
                registry.url(), b"no json at all", headers={"Content-Type": "application/json"}
            )
            assert answer.status == status

    def test_given_a_key_that_may_only_upload_then_it_moves_no_tag(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        registry.publish(LIB).ok()
        key = (
            shop.writer.post("/api/v1/auth/keys", {"name": "ci", "scopes": ["upload", "download"]}).ok().data
        )
        uploader = shop.writer.as_(key["key"])

        second = publication(package_of(version="1.1.0"))
        assert registry.send(second, by=uploader).status == 403
        assert registry.send({**second, "dist-tags": {"canary": "1.1.0"}}, by=uploader).status == 201
        assert registry.packument()["dist-tags"] == {"canary": "1.1.0", "latest": "1.0.0"}

    def test_given_a_package_of_somebody_else_then_its_name_is_told_to_nobody(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        registry.publish(LIB).ok()

        there, absent = (
            registry.send(publication(package_of(name)), name, by=shop.stranger)
            for name in ("@h7/lib", "@h7/no")
        )

        assert (there.status, there.msg) == (absent.status, absent.msg) == (404, absent.msg)


def test_given_a_tarball_of_some_megabytes_then_its_bytes_arrive(registry: NodeRegistry) -> None:
    large = package_of(content=content(5_000_000, seed=3))

    registry.publish(large).ok()

    assert registry.get("/@h7/lib/-/lib-1.0.0.tgz").ok().body == large.data
