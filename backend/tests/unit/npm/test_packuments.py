"""What npm, pnpm and yarn read of a package, in all forms, and what is not sent a second time."""

import json
import re
from typing import Any

import pytest
from flask import Flask

from tests.support.client import ApiClient
from tests.support.node_registry import ABBREVIATED, NodeRegistry, package_of
from tests.support.registry import PersonMaker, Workshop, workshop
from tests.unit.formats.samples import tar_gz
from tests.unit.npm.conftest import upload
from wxcloudrun.jobs.service.work import WorkService

INSTALLED: dict[str, Any] = {
    "dependencies": {"left-pad": "^1.3.0"},
    "optionalDependencies": {"fsevents": "*"},
    "devDependencies": {"jest": "29"},
    "bundleDependencies": ["left-pad"],
    "peerDependencies": {"react": ">=18"},
    "peerDependenciesMeta": {"react": {"optional": True}},
    "acceptDependencies": {"left-pad": "1"},
    "bin": {"lib": "./cli.js"},
    "directories": {"man": "./man"},
    "engines": {"node": ">=20"},
    "os": ["linux"],
    "cpu": ["x64"],
    "libc": ["glibc"],
    "funding": "https://example.com/fund",
}
LIB = package_of(scripts={"postinstall": "node x.js"}, **INSTALLED)
OTHER_FORM = {ABBREVIATED: "application/json", "application/json": ABBREVIATED}
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z")


class TestForms:
    def test_given_a_package_then_the_whole_document_has_all_that_there_is(
        self, registry: NodeRegistry
    ) -> None:
        upload(registry, LIB, tag="next")

        found = registry.packument()

        assert (found["_id"], found["name"]) == ("@h7/lib", "@h7/lib")
        assert re.fullmatch("[0-9]+-[0-9a-f]+", found["_rev"])
        assert found["dist-tags"] == {"next": "1.0.0", "latest": "1.0.0"}
        assert set(found["time"]) == {"created", "modified", "1.0.0"}
        assert all(MOMENT.fullmatch(each) for each in found["time"].values())
        tarball = f"{registry.base}/@h7/lib/-/lib-1.0.0.tgz"
        version = found["versions"]["1.0.0"]
        assert version["dist"].pop("tarball").endswith(tarball)
        assert version == {
            **LIB.manifest,
            "_id": "@h7/lib@1.0.0",
            "dist": {"integrity": LIB.integrity, "shasum": LIB.shasum},
        }

    def test_given_an_installer_then_the_document_is_short_and_has_the_times(
        self, registry: NodeRegistry
    ) -> None:
        upload(registry, LIB)

        answer = registry.get("/@h7%2flib", Accept=f"{ABBREVIATED}; q=1.0, application/json; q=0.8, */*").ok()

        assert answer.headers["Content-Type"] == ABBREVIATED
        assert set(answer.data) == {"name", "dist-tags", "modified", "versions", "time"}
        assert answer.data["time"]["modified"] == answer.data["modified"]
        version = answer.data["versions"]["1.0.0"]
        assert version.pop("dist")["integrity"] == LIB.integrity
        assert version == {"name": "@h7/lib", "version": "1.0.0", "hasInstallScript": True, **INSTALLED}

    @pytest.mark.parametrize(
        "accept", ["", "*/*", "application/json", f"{ABBREVIATED};q=0.5,application/json"]
    )
    def test_given_somebody_else_then_the_document_is_whole(
        self, registry: NodeRegistry, accept: str
    ) -> None:
        upload(registry, LIB)

        answer = registry.get("/@h7%2flib?write=true", Accept=accept).ok()

        assert answer.headers["Content-Type"] == "application/json"
        assert "_rev" in answer.data

    @pytest.mark.parametrize("wanted", ["1.0.0", "next", "latest"])
    def test_given_a_version_or_a_tag_then_its_document(self, registry: NodeRegistry, wanted: str) -> None:
        upload(registry, LIB, tag="next")

        answer = registry.get(f"/@h7%2flib/{wanted}").ok()

        assert answer.data == registry.version()
        etag = answer.headers["ETag"]
        assert registry.get(f"/@h7%2flib/{wanted}", If_None_Match=etag).status == 304

    @pytest.mark.parametrize("wanted", ["2.0.0", "nothing", "^1.0.0", "1.x", "二", "%20", "a" * 300])
    def test_given_no_such_version_or_tag_then_404(self, registry: NodeRegistry, wanted: str) -> None:
        upload(registry, LIB)

        assert registry.get(f"/@h7%2flib/{wanted}").status == 404

    def test_given_a_deprecated_version_then_both_forms_say_so(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        upload(registry, LIB)
        url = shop.url("/versions/1.0.0", package="npm:@h7~lib")
        shop.writer.patch(url, {"deprecated": 'use "2" 二'}).ok()

        assert registry.version()["deprecated"] == 'use "2" 二'
        assert registry.packument(accept=ABBREVIATED)["versions"]["1.0.0"]["deprecated"] == 'use "2" 二'

    @pytest.mark.parametrize(
        ("reason", "warning"), [("it loses data", "yanked: it loses data"), ("", "yanked")]
    )
    def test_given_a_yanked_version_then_npm_warns_of_it_and_does_not_choose_it(
        self, registry: NodeRegistry, shop: Workshop, reason: str, warning: str
    ) -> None:
        upload(registry, LIB)
        upload(registry, package_of(version="2.0.0"))
        url = shop.url("/versions/2.0.0", package="npm:@h7~lib")

        shop.writer.patch(url, {"yanked": reason}).ok()

        for accept in (ABBREVIATED, "application/json"):
            found = registry.packument(accept=accept)
            assert found["versions"]["2.0.0"]["deprecated"] == warning
            assert found["dist-tags"] == {"latest": "1.0.0"}
        assert registry.get("/@h7%2flib/2.0.0").ok().data["deprecated"] == warning
        shop.writer.put(registry.url(), json=registry.packument()).ok()
        version = shop.reader.get(url).ok().data
        assert (version["yanked"]["reason"], version["deprecated"]) == (reason, None)

    def test_given_no_latest_then_it_is_the_highest_release(self, registry: NodeRegistry) -> None:
        for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
            upload(registry, package_of(version=version))

        assert registry.packument()["dist-tags"] == {"latest": "1.10.0"}
        assert registry.get("/@h7%2flib/latest").ok().data["version"] == "1.10.0"
        assert registry.get("/-/package/@h7%2flib/dist-tags").ok().data == {"latest": "1.10.0"}


class TestNames:
    @pytest.mark.parametrize("name", ["@h7%2flib", "@h7%2Flib", "@h7/lib"])
    def test_given_a_scoped_name_in_any_spelling_then_it_is_the_same(
        self, registry: NodeRegistry, name: str
    ) -> None:
        upload(registry, LIB)

        assert registry.get(f"/{name}").ok().data["name"] == "@h7/lib"
        assert registry.get(f"/{name}/1.0.0").ok().data["version"] == "1.0.0"
        assert registry.get(f"/{name}/-/lib-1.0.0.tgz").ok().body == LIB.data

    def test_given_a_plain_name_beside_a_scoped_one_then_they_are_two(self, registry: NodeRegistry) -> None:
        upload(registry, LIB)
        upload(registry, package_of("lib", "2.0.0"))

        assert list(registry.packument("lib")["versions"]) == ["2.0.0"]
        assert list(registry.packument()["versions"]) == ["1.0.0"]

    @pytest.mark.parametrize(
        "path",
        [
            "/other",
            "/@h7%2fother",
            "/@h7",
            "/@h7%2flib%2fmore",
            "/npm:@h7~lib",
            "/@h7~lib",
            "/-",
            "/%2f",
            "/LIB",
        ],
    )
    def test_given_what_is_no_package_then_404(self, registry: NodeRegistry, path: str) -> None:
        upload(registry, LIB)

        answer = registry.get(path)

        assert (answer.status, set(answer.data)) == (404, {"error", "reason"})

    def test_given_a_package_without_a_version_of_npm_then_404(
        self, registry: NodeRegistry, shop: Workshop
    ) -> None:
        shop.writer.post(f"/api/v1/project/{shop.project}/packages", {"name": "npm:lib"}).ok()
        assert registry.get("/lib").status == 404

        url = shop.url("/upload/other.bin", package="npm:lib")
        shop.writer.put(url, b"bytes", query={"version": "1.0.0"}).ok()

        assert registry.get("/lib").status == 404
        assert registry.get("/lib/1.0.0").status == 404


class TestTarballs:
    def test_given_a_tarball_then_it_is_kept_for_ever_and_taken_in_parts(
        self, registry: NodeRegistry
    ) -> None:
        upload(registry, LIB)
        url = "/@h7/lib/-/lib-1.0.0.tgz"

        answer = registry.get(url).ok()

        assert answer.body == LIB.data
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["ETag"] == f'"{LIB.digest}"'
        part = registry.get(url, Range="bytes=0-9")
        assert (part.status, part.body) == (206, LIB.data[:10])
        assert registry.get(url, If_None_Match=answer.headers["ETag"]).status == 304

    @pytest.mark.parametrize(
        "filename", ["lib-2.0.0.tgz", "lib-^1.0.0.tgz", "lib-.tgz", "other-1.0.0.tgz", "x", "二.tgz"]
    )
    def test_given_no_such_tarball_then_404(self, registry: NodeRegistry, filename: str) -> None:
        upload(registry, LIB)

        assert registry.get(f"/@h7/lib/-/{filename}").status == 404


class TestCaching:
    @pytest.mark.parametrize("accept", [ABBREVIATED, "application/json"])
    def test_given_what_somebody_has_then_304_until_it_changes(
        self, registry: NodeRegistry, shop: Workshop, accept: str
    ) -> None:
        upload(registry, LIB)
        first = registry.get("/@h7%2flib", Accept=accept).ok()
        assert first.headers["Cache-Control"] == "private, no-cache"
        assert {"Accept", "Authorization"} <= set(first.headers["Vary"].split(", "))
        etag = first.headers["ETag"]

        again = registry.get("/@h7%2flib", Accept=accept, If_None_Match=etag)
        assert (again.status, again.headers["ETag"], again.body) == (304, etag, b"")
        assert again.headers["Cache-Control"] == "private, no-cache"

        shop.writer.put(shop.url("/tags/next", package="npm:@h7~lib"), json={"ref": "1.0.0"}).ok()
        changed = registry.get("/@h7%2flib", Accept=accept, If_None_Match=etag)
        assert (changed.status, changed.data["dist-tags"]["next"]) == (200, "1.0.0")

    def test_given_another_address_of_the_service_then_it_is_sent(
        self, app: Flask, registry: NodeRegistry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload(registry, LIB)
        etag = registry.get("/@h7%2flib").ok().headers["ETag"]
        moved = app.extensions["settings"].model_copy(update={"public_url": "https://new.example.com"})
        monkeypatch.setitem(app.extensions, "settings", moved)

        document = registry.get("/@h7%2flib", If_None_Match=etag).ok().data

        tarball = document["versions"]["1.0.0"]["dist"]["tarball"]
        assert tarball.startswith("https://new.example.com/npm/")

    def test_given_the_etag_of_the_other_form_then_it_is_sent(self, registry: NodeRegistry) -> None:
        upload(registry, LIB)
        etag = registry.get("/@h7%2flib", Accept=ABBREVIATED).ok().headers["ETag"]

        assert registry.get("/@h7%2flib", If_None_Match=etag).status == 200

    @pytest.mark.parametrize("accept", [ABBREVIATED, "application/json"])
    def test_given_a_document_that_was_made_before_then_a_change_shows_and_strangers_see_none(
        self, registry: NodeRegistry, shop: Workshop, accept: str
    ) -> None:
        upload(registry, LIB)
        first = registry.get("/@h7%2flib", Accept=accept).ok()
        other = registry.get("/@h7%2flib", Accept=OTHER_FORM[accept]).ok()
        assert registry.get("/@h7%2flib", Accept=accept).ok().body == first.body != other.body
        assert registry.get("/@h7%2flib", shop.stranger, Accept=accept).status == 404
        assert registry.get("/@h7%2flib", shop.anonymous, Accept=accept).status == 401

        shop.writer.put(shop.url("/tags/next", package="npm:@h7~lib"), json={"ref": "1.0.0"}).ok()

        assert registry.get("/@h7%2flib", Accept=accept).ok().data["dist-tags"]["next"] == "1.0.0"
        old = registry.get("/@h7%2flib", Accept=accept, If_None_Match=first.headers["ETag"]).ok()
        assert old.data["dist-tags"]["next"] == "1.0.0"
        assert registry.get("/@h7%2flib", Accept=accept, If_None_Match=old.headers["ETag"]).status == 304
        shop.owner.delete(
            f"/api/v1/project/{shop.project}/packages/npm:@h7~lib", query={"force": "true"}
        ).ok()
        assert registry.get("/@h7%2flib", Accept=accept).status == 404

    def test_given_a_document_that_was_made_before_then_one_of_the_same_name_elsewhere_is_its_own(
        self, registry: NodeRegistry, make_person: PersonMaker, client: ApiClient
    ) -> None:
        upload(registry, LIB)
        first = registry.get("/@h7%2flib").ok()
        elsewhere = NodeRegistry(workshop(client, make_person))
        upload(elsewhere, LIB)

        assert elsewhere.get("/@h7%2flib").ok().body != first.body
        assert f"{elsewhere.base}/@h7/lib/-/lib-1.0.0.tgz" in elsewhere.get("/@h7%2flib").ok().body.decode()

    def test_given_a_public_project_then_everybody_may_keep_it(
        self, make_person: PersonMaker, client: ApiClient
    ) -> None:
        registry = NodeRegistry(workshop(client, make_person, is_public=True))
        upload(registry, LIB)

        answer = registry.get("/@h7%2flib", registry.shop.anonymous).ok()

        assert answer.headers["Cache-Control"] == "public, no-cache"


class TestOtherWaysIn:
    def test_given_an_adopted_tarball_then_npm_finds_it(
        self, app: Flask, registry: NodeRegistry, shop: Workshop
    ) -> None:
        shop.upload(LIB.data, "anything.tgz", version="1.0.0").ok()

        shop.writer.post(shop.url("/adopt"), {"format": "npm", "name": "@h7/lib"}).ok()
        with app.app_context():
            app.extensions["services"][WorkService].run_due()

        assert registry.version()["dist"]["integrity"] == LIB.integrity
        assert registry.get("/@h7/lib/-/lib-1.0.0.tgz").ok().body == LIB.data

    @pytest.mark.parametrize(
        ("manifest", "shown"),
        [
            ({"bin": "./cli.js"}, {"bin": {"lib": "./cli.js"}}),
            ({"bundledDependencies": ["a"]}, {"bundleDependencies": ["a"]}),
            (
                {"bundleDependencies": True, "dependencies": {"a": "1"}},
                {"bundleDependencies": ["a"], "dependencies": {"a": "1"}},
            ),
            ({"os": "linux"}, {"os": ["linux"]}),
            ({"dependencies": ["a"], "engines": "node", "scripts": 1}, {}),
            ({"deprecated": "no", "dist": {"tarball": "x"}, "_id": "y", "hasInstallScript": True}, {}),
            ({"description": "二\ud800"}, {"description": "二\ud800"}),
        ],
    )
    def test_given_what_a_manifest_may_hold_then_clients_get_what_they_understand(
        self, registry: NodeRegistry, manifest: dict[str, Any], shown: dict[str, Any]
    ) -> None:
        said = {"name": "lib", "version": "v1.0.0+build", **manifest}
        data = tar_gz({"package/package.json": json.dumps(said).encode()})
        shop = registry.shop
        shop.writer.post(f"/api/v1/project/{shop.project}/packages", {"name": "npm:lib"}).ok()
        url = shop.url("/upload/lib-1.0.0.tgz", package="npm:lib")
        shop.writer.put(url, data, query={"version": "1.0.0"}).ok()

        version = registry.version(name="lib")

        assert set(version.pop("dist")) == {"integrity", "shasum", "tarball"}
        assert version == {"name": "lib", "version": "1.0.0", "_id": "lib@1.0.0", **shown}


class TestSecrecy:
    @pytest.mark.parametrize("rest", ["", "/1.0.0", "/latest", "/-/lib-1.0.0.tgz"])
    def test_given_somebody_outside_then_what_is_there_is_as_what_is_not(
        self, registry: NodeRegistry, shop: Workshop, rest: str
    ) -> None:
        upload(registry, LIB)

        there, absent = (registry.get(f"/@h7%2f{name}{rest}", shop.stranger) for name in ("lib", "no!"))
        assert (there.status, absent.status) == (404, 404)
        assert there.msg.replace("lib", "no!") == absent.msg
        for name in ("lib", "no"):
            answer = registry.get(f"/@h7%2f{name}{rest}", shop.anonymous)
            assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="registry"')
