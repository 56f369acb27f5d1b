"""The search: packages by name prefix, project, tag, version and digest, as far as the caller may see."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support import builders
from tests.support.builders import Person, sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop, workshop
from tests.support.shared_app import once
from wxcloudrun.kit.security import Scope

SEARCH = "/api/v1/search"


@pytest.fixture
def filled(app: Flask, shop: Workshop) -> Workshop:
    """Three more packages: two that begin alike, with tags and versions."""
    return once(app, "packages to find", lambda: fill(shop))


def fill(shop: Workshop) -> Workshop:
    for name in ("search-alpha", "search-beta", "other"):
        shop.owner.post(
            f"/api/v1/project/{shop.project}/packages", {"name": name, "description": f"the {name}"}
        ).ok()
        url = shop.url("/upload/x.bin", package=name)
        shop.writer.put(url, name.encode(), query={"tag": "stable", "version": "1.0"}).ok()
    shop.writer.put(shop.url("/upload/x.bin", package="search-beta"), b"newer", query={"version": "2.0"}).ok()
    return shop


def found(client: ApiClient, **query: str) -> list[str]:
    return [hit["package"] for hit in client.get(SEARCH, query=query).ok().items]


class TestFilters:
    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            ("search", ["search-alpha", "search-beta"]),
            ("search-a", ["search-alpha"]),
            ("search-alpha", ["search-alpha"]),
            ("alpha", []),
            ("Search", []),
            ("search-alphax", []),
            ("search%", []),
            ("search_", []),
            ("*", []),
        ],
    )
    def test_given_a_prefix_then_the_packages_that_begin_so(
        self, filled: Workshop, prefix: str, expected: list[str]
    ) -> None:
        assert found(filled.reader, q=prefix) == expected

    def test_given_no_filter_then_every_visible_package(self, filled: Workshop) -> None:
        assert set(found(filled.reader)) == {filled.package, "search-alpha", "search-beta", "other"}

    def test_given_a_project_then_only_its_packages(
        self, filled: Workshop, client: ApiClient, make_person: Callable[..., Person]
    ) -> None:
        second = workshop(client, make_person, is_public=True)

        assert found(filled.reader, project=second.project) == [second.package]
        assert found(filled.reader, project="absent") == []

    def test_given_a_tag_then_the_hit_shows_what_it_points_at(self, filled: Workshop) -> None:
        (hit,) = filled.reader.get(SEARCH, query={"tag": "stable", "q": "search-a"}).ok().items

        assert hit == {
            "project": filled.project,
            "package": "search-alpha",
            "description": "the search-alpha",
            "tag": "stable",
            "version": None,
            "artifact_id": sha256(b"search-alpha"),
        }

    def test_given_a_version_then_the_packages_that_have_it(self, filled: Workshop) -> None:
        (hit,) = filled.reader.get(SEARCH, query={"version": "2.0"}).ok().items

        assert (hit["package"], hit["version"], hit["artifact_id"]) == (
            "search-beta",
            "2.0",
            sha256(b"newer"),
        )

    def test_given_a_digest_then_the_packages_that_hold_it(self, filled: Workshop) -> None:
        assert found(filled.reader, sha256=sha256(b"other")) == ["other"]
        assert found(filled.reader, sha256="0" * 64) == []

    @pytest.mark.parametrize("names", [{"tag": "t"}, {"version": "9.0"}, {}])
    def test_given_a_digest_then_every_kind_of_reference_counts_and_the_package_comes_once(
        self, filled: Workshop, names: dict[str, str]
    ) -> None:
        filled.upload(b"bytes", "x.bin", **names).ok()
        filled.upload(b"bytes", "x.bin", **names).ok()

        assert found(filled.reader, sha256=sha256(b"bytes")) == [filled.package]

    def test_given_several_filters_then_all_must_hold(self, filled: Workshop) -> None:
        assert found(filled.reader, q="search", version="2.0", tag="stable") == ["search-beta"]
        assert found(filled.reader, q="other", version="2.0") == []
        assert found(filled.reader, version="1.0", sha256=sha256(b"search-beta")) == ["search-beta"]
        assert found(filled.reader, version="2.0", sha256=sha256(b"search-beta")) == []

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "query",
        [
            {"colour": "blue"}, {"q": "é"}, {"q": "x" * 256}, {"q": "a\nb"}, {"project": "../up"},
            {"project": ""}, {"tag": "a:b"}, {"tag": "active"}, {"version": "1 0"},
            {"sha256": "abc"}, {"sha256": "A" * 64},
            {"limit": "0"}, {"limit": "201"}, {"cursor": "nonsense"},
        ],
    )  # fmt: skip
    def test_given_a_filter_that_nothing_can_satisfy_then_422_names_it(
        self, filled: Workshop, query: dict[str, str]
    ) -> None:
        answer = filled.reader.get(SEARCH, query=query)

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, next(iter(query)))


class TestVisibility:
    def test_given_a_stranger_then_private_packages_do_not_show_by_any_filter(self, filled: Workshop) -> None:
        for query in (
            {"q": "search"},
            {"project": filled.project},
            {"tag": "stable"},
            {"sha256": sha256(b"other")},
        ):
            assert found(filled.stranger, **query) == []

    def test_given_a_public_project_then_everybody_who_is_known_finds_it(self, public_shop: Workshop) -> None:
        assert found(public_shop.stranger, q=public_shop.package) == [public_shop.package]

    @pytest.mark.usefixtures("filled")
    def test_given_an_administrator_then_everything_shows(
        self, client: ApiClient, make_person: Callable[..., Person]
    ) -> None:
        administrator = client.as_(make_person("administrator", is_admin=True).token)

        assert found(administrator, q="search") == ["search-alpha", "search-beta"]

    def test_given_a_key_for_another_project_then_this_one_does_not_show(
        self, app: Flask, filled: Workshop, client: ApiClient
    ) -> None:
        filled.owner.post("/api/v1/projects", {"name": f"{filled.project}-second"}).ok()
        scopes = frozenset({Scope.READ})
        key = builders.key(app, filled.people["owner"].actor, scopes, project=f"{filled.project}-second")

        assert found(client.as_(key), q="search") == []

    def test_given_a_member_who_is_removed_then_nothing_shows_any_more(self, filled: Workshop) -> None:
        reader = filled.people["reader"].id
        filled.owner.delete(f"/api/v1/project/{filled.project}/members/{reader}").ok()

        assert found(filled.reader, q="search") == []


class TestPages:
    @pytest.mark.parametrize("limit", ["1", "2", "3", "4", "200"])
    def test_given_any_page_size_then_every_hit_comes_exactly_once(
        self, filled: Workshop, limit: str
    ) -> None:
        hits: list[str] = []
        query = {"limit": limit, "project": filled.project}
        while True:
            page = filled.reader.get(SEARCH, query=query).ok()
            hits += [hit["package"] for hit in page.items]
            if page.data["next_cursor"] is None:
                break
            query["cursor"] = page.data["next_cursor"]

        assert hits == [filled.package, "search-alpha", "search-beta", "other"]

    def test_given_a_cursor_of_other_filters_then_422(self, filled: Workshop) -> None:
        cursor = filled.reader.get(SEARCH, query={"limit": "1", "q": "search"}).data["next_cursor"]

        assert filled.reader.get(SEARCH, query={"cursor": cursor, "q": "search"}).status == 200
        assert filled.reader.get(SEARCH, query={"cursor": cursor, "q": "other"}).status == 422
        assert filled.reader.get(SEARCH, query={"cursor": cursor}).status == 422
