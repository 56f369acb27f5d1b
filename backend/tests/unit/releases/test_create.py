"""Making a release: what is accepted, what is refused, who may."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.support.apps import MakeApp
from tests.support.builders import Person, sha256
from tests.support.client import ApiClient
from tests.support.inside import Inside
from tests.unit.releases.conftest import NIX, RELEASES, Works
from wxcloudrun.projects.service.projects import ProjectService

FIELDS = {
    "id", "name", "version", "project", "status", "artifact_id", "source", "error", "created_at",
    "downloaded_at", "activated_at", "yanked",
}  # fmt: skip
URL = {"type": "url", "url": "https://files.example.com/a.tar.gz", "sha256": "a" * 64}


class TestAnswer:
    def test_given_a_new_version_then_201_with_exactly_the_promised_fields(self, works: Works) -> None:
        answer = works.create("1.0.0", source=NIX)

        data = answer.data
        assert answer.status == 201
        assert set(data) == FIELDS
        assert (data["name"], data["version"], data["project"]) == (
            works.shop.package, "1.0.0", works.shop.project,
        )  # fmt: skip
        assert (data["status"], data["source"]) == ("created", NIX)
        assert [data[name] for name in ("artifact_id", "error", "downloaded_at", "activated_at")] == [
            None
        ] * 4
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", data["created_at"])
        assert works.get(data["id"]) == data

    def test_given_a_release_then_it_is_the_version_of_the_same_id(self, works: Works) -> None:
        release_id = works.made("1.0.0")

        version = works.shop.reader.get(works.shop.url("/versions/1.0.0")).ok().data
        assert (version["id"], version["status"], version["artifact_id"]) == (release_id, "created", None)
        assert version["created_by"] == works.shop.people["writer"].username

    def test_given_a_package_that_is_new_then_it_is_made(self, works: Works) -> None:
        works.create("1.0.0", name="brand-new").ok()

        packages = works.shop.reader.get(f"/api/v1/project/{works.shop.project}/packages").ok().items
        assert "brand-new" in {each["name"] for each in packages}

    def test_given_no_project_then_it_is_default(
        self, app: Flask, client: ApiClient, make_person: Callable[..., Person]
    ) -> None:
        owner = make_person("owner")
        with app.app_context():
            app.extensions["services"][ProjectService].ensure_default(owner.id)

        data = client.as_(owner.token).post(RELEASES, {"name": "tool", "version": "1.0.0"}).ok().data

        assert data["project"] == "default"


@pytest.mark.same_everywhere
class TestRefusals:
    def test_given_a_version_that_exists_then_409_which_names_it(self, works: Works) -> None:
        release_id = works.made("1.0.0")

        again = works.create("1.0.0", source=NIX)

        assert (again.status, again.reason) == (409, "conflict")
        assert (again.data["id"], again.data["status"]) == (release_id, "created")

    def test_given_an_uploaded_version_then_409_too(self, works: Works) -> None:
        works.uploaded("1.0.0")

        assert works.create("1.0.0").status == 409

    @pytest.mark.parametrize(
        "version",
        [
            "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "1.0.0+a+b", " 1.0.0",
            "1.0.0\n", "", "latest", "1.0.0-ä", "1.0.0/2", "1.0.0$(touch x)", "--option", '1.0.0"', "1.0.0'",
            "1.0.0;ls", "1.0.0 && ls", "1.0.0`ls`", "${1.0.0}", "1.0.0-" + "a" * 123, "\u0661.0.0",
        ],
    )  # fmt: skip
    def test_given_a_version_that_is_no_semver_then_422_for_that_field(
        self, works: Works, version: str
    ) -> None:
        answer = works.create(version)

        assert (answer.status, answer.reason) == (422, "invalid")
        assert [each["field"] for each in answer.data["errors"]] == ["version"]

    @pytest.mark.parametrize(
        "version", ["0.0.0", "1.0.0-alpha.1", "1.0.0-0a.--", "1.0.0+001", "10.20.30-rc.1+sha.0", "999999.0.0"]
    )
    def test_given_any_semver_then_it_is_kept_to_the_letter(self, works: Works, version: str) -> None:
        assert works.get(works.made(version))["version"] == version

    @pytest.mark.parametrize(
        ("source", "field"),
        [
            ({"type": "git"}, "source.type"),
            ({}, "source.type"),
            ("nix", "source"),
            ({"type": "nix", "expression": "import ./x"}, "source.expression"),
            ({"type": "nix", "url": URL["url"]}, "source"),
            ({"type": "url", "url": URL["url"]}, "source"),
            ({**URL, "sha256": "A" * 64}, "source.sha256"),
            ({**URL, "url": 5}, "source.url"),
            (URL, "source.url"),  # no host is allowed unless the administrator says so
        ],
    )
    def test_given_a_source_that_cannot_be_then_422(self, works: Works, source: object, field: str) -> None:
        answer = works.create(source=source)

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, field)

    @pytest.mark.parametrize(
        "change",
        [{"name": "packages"}, {"name": "../x"}, {"name": ""}, {"project": "A"}, {"more": 1}, {"version": 1}],
    )
    def test_given_a_field_that_cannot_be_then_422(self, works: Works, change: dict[str, Any]) -> None:
        assert works.create(**{"version": "1.0.0", **change}).status == 422

    def test_given_a_refusal_then_no_package_was_made(self, works: Works) -> None:
        works.create("1.0.0", name="never", source=URL)

        assert works.shop.reader.get(f"/api/v1/project/{works.shop.project}/packages/never").status == 404

    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404), ("reader", 403)])
    def test_given_no_right_to_write_then_nothing_is_made(self, works: Works, who: str, status: int) -> None:
        body = {"name": works.shop.package, "version": "1.0.0", "project": works.shop.project}

        assert getattr(works.shop, who).post(RELEASES, body).status == status
        assert works.shop.reader.get(RELEASES).items == []

    def test_given_a_project_that_is_not_there_then_it_looks_like_one_that_is_invisible(
        self, works: Works
    ) -> None:
        absent = works.shop.stranger.post(RELEASES, {"name": "a", "version": "1.0.0", "project": "absent"})
        hidden = works.shop.stranger.post(
            RELEASES, {"name": "a", "version": "1.0.0", "project": works.shop.project}
        )

        assert absent.status == hidden.status == 404
        assert absent.msg.replace("absent", "X") == hidden.msg.replace(works.shop.project, "X")


@pytest.mark.same_everywhere
class TestAllowedUrl:
    @pytest.fixture
    def writer(self, make_app: MakeApp) -> ApiClient:
        """Somebody who writes where files.example.com is allowed."""
        app = make_app(URL_SOURCE_HOSTS="files.example.com, mirror.example.com:8443")
        client = Inside(app).as_person("writer")
        client.post("/api/v1/projects", {"name": "tools"}).ok()
        return client

    @pytest.mark.parametrize(
        "url", ["https://files.example.com/a.tar.gz", "https://mirror.example.com:8443/a?x=1"]
    )
    def test_given_an_allowed_host_then_the_source_is_shown_as_it_was_given(
        self, writer: ApiClient, url: str
    ) -> None:
        source = {"type": "url", "url": url, "sha256": "a" * 64}

        data = writer.post(
            RELEASES, {"name": "a", "version": "1.0.0", "project": "tools", "source": source}
        ).ok().data  # fmt: skip

        assert data["source"] == source

    @pytest.mark.parametrize("url", ["http://files.example.com/a", "https://other.example.com/a"])
    def test_given_any_other_url_then_422(self, writer: ApiClient, url: str) -> None:
        source = {"type": "url", "url": url, "sha256": "a" * 64}

        answer = writer.post(
            RELEASES, {"name": "a", "version": "1.0.0", "project": "tools", "source": source}
        )

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "source.url")

    def test_given_a_name_that_once_held_other_bytes_then_409_at_once(self, writer: ApiClient) -> None:
        base = "/api/v1/project/tools"
        writer.post(f"{base}/packages", {"name": "a"}).ok()
        writer.put(f"{base}/a/upload/x.bin", b"old", query={"version": "1.0.0"}).ok()
        writer.delete(f"{base}/a/versions/1.0.0").ok()
        body = {"name": "a", "version": "1.0.0", "project": "tools"}
        url = "https://files.example.com/a"

        other = writer.post(RELEASES, {**body, "source": {"type": "url", "url": url, "sha256": "a" * 64}})
        same = writer.post(
            RELEASES, {**body, "source": {"type": "url", "url": url, "sha256": sha256(b"old")}}
        )

        assert (other.status, other.reason) == (409, "version_taken")
        assert same.status == 201
