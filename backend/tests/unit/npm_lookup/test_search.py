"""npm search: packages of one project by words, and only to those who may read them."""

from typing import Any

import pytest

from tests.support.client import ApiClient
from tests.support.node_registry import package_of
from tests.support.registry import Workshop

PACKAGES = {
    "lib": "Greets people",
    "@h7/lib": "Greets everybody 你好",
    "@h7/other": "Something with lib_ory in it",
    "calibrate": "Measures 100%",
}


def put(client: ApiClient, project: str, name: str, description: str, version: str = "1.0.0") -> None:
    """Upload a package."""
    package = package_of(name, version, description=description)
    written = f"npm:{name.replace('/', '~')}"
    client.post(f"/api/v1/project/{project}/packages", {"name": written})
    url = f"/api/v1/project/{project}/{written}/upload/{package.filename}"
    client.put(url, package.data, query={"version": version}).ok()


@pytest.fixture
def stocked(shop: Workshop) -> Workshop:
    """A project with packages of npm's format, and others."""
    for name, description in PACKAGES.items():
        put(shop.owner, shop.project, name, description)
    shop.owner.post(f"/api/v1/project/{shop.project}/packages", {"name": "lib-generic"}).ok()
    shop.owner.post(f"/api/v1/project/{shop.project}/packages", {"name": "npm:lib-empty"}).ok()
    return shop


def names(shop: Workshop, client: ApiClient | None = None, **query: Any) -> list[str]:
    """Search, and return the names that come."""
    answer = (client or shop.reader).get(f"/npm/{shop.project}/-/v1/search", query=query).ok()
    return [each["package"]["name"] for each in answer.data["objects"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lib", ["lib", "@h7/lib", "@h7/other", "calibrate"]),
        ("LIB", ["lib", "@h7/lib", "@h7/other", "calibrate"]),
        ("greets lib", ["@h7/lib", "lib"]),
        ("你好", ["@h7/lib"]),
        ("scope:h7", ["@h7/lib", "@h7/other"]),
        ("scope:@h7 greets", ["@h7/lib"]),
        ("scope:h", []),
        ("100%", ["calibrate"]),
        ("%", ["calibrate"]),
        ("lib_", ["@h7/other"]),
        ("nothing", []),
        ("", ["@h7/lib", "@h7/other", "calibrate", "lib"]),
    ],
)
def test_given_words_then_all_of_them_are_in_name_or_description(
    stocked: Workshop, text: str, found: list[str]
) -> None:
    assert sorted(names(stocked, text=text)) == sorted(found)
    if found and text == "lib":
        assert names(stocked, text=text)[0] == "lib"


def test_given_a_package_then_it_is_shown_as_npm_reads_it(stocked: Workshop) -> None:
    put(stocked.owner, stocked.project, "lib", "Greets people twice", "1.1.0")

    answer = stocked.reader.get(f"/npm/{stocked.project}/-/v1/search", query={"text": "twice"}).ok()

    assert (answer.data["total"], set(answer.data)) == (1, {"objects", "total", "time"})
    [found] = answer.data["objects"]
    package = found["package"]
    assert (package["name"], package["version"]) == ("lib", "1.1.0")
    assert package["description"] == "Greets people twice"
    assert {"keywords", "date", "links", "maintainers"} <= set(package)
    assert {"score", "searchScore"} <= set(found)


def test_given_a_size_and_a_beginning_then_a_page_comes_with_the_whole_number(stocked: Workshop) -> None:
    url = f"/npm/{stocked.project}/-/v1/search"
    seen: list[str] = []
    for begin in (0, 2):
        answer = stocked.reader.get(url, query={"text": "", "size": 2, "from": begin}).ok()
        assert answer.data["total"] == 4
        seen += [each["package"]["name"] for each in answer.data["objects"]]

    assert sorted(seen) == sorted(PACKAGES)


@pytest.mark.parametrize("size", ["-1", "x", "1e9", "9" * 40, "²", ""])
def test_given_a_size_that_is_none_then_it_is_the_usual_one(stocked: Workshop, size: str) -> None:
    assert len(names(stocked, text="", size=size)) == 4


def test_given_who_may_not_read_then_nothing_tells_what_is_there(stocked: Workshop) -> None:
    url = f"/npm/{stocked.project}/-/v1/search"

    hidden = stocked.stranger.get(url, query={"text": "lib"})
    absent = stocked.stranger.get("/npm/absent/-/v1/search", query={"text": "lib"})
    assert (hidden.status, absent.status) == (404, 404)
    assert hidden.body.replace(stocked.project.encode(), b"absent") == absent.body
    assert stocked.anonymous.get(url, query={"text": "lib"}).status == 401


def test_given_a_public_project_then_others_are_not_in_its_answers(stocked: Workshop) -> None:
    stocked.owner.post("/api/v1/projects", {"name": f"{stocked.project}-open", "is_public": True}).ok()

    answer = stocked.anonymous.get(f"/npm/{stocked.project}-open/-/v1/search", query={"text": "lib"}).ok()

    assert answer.data["objects"] == []
    assert answer.headers["Cache-Control"] == "public, no-cache"
