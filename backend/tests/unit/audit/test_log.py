"""Reading the log: who may, and what can be asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.builders import Person
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.unit.audit.conftest import AUDIT, entries


@pytest.mark.parametrize("path", [AUDIT, f"{AUDIT}/verify"])
def test_only_administrators_see_it(client: ApiClient, make_person: Callable[..., Person], path: str) -> None:
    method = "POST" if path.endswith("verify") else "GET"

    assert client.request(method, path).status == 401
    assert client.as_(make_person("ada").token).request(method, path).status == 403


def test_entries_come_newest_first_and_page_by_page(root: ApiClient, shop: Workshop) -> None:
    for number in range(5):
        shop.upload(bytes([number]))
    everything = [entry["id"] for entry in root.get(AUDIT, query={"limit": 200}).items]

    paged: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = root.get(AUDIT, query={"limit": 3, **cursor}).ok().data
        paged += [entry["id"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert everything == sorted(everything, reverse=True)
    assert paged == everything


def test_it_can_be_asked_for_a_person_an_action_and_an_object(root: ApiClient, shop: Workshop) -> None:
    shop.upload(b"one", tag="stable")
    writer = shop.people["writer"].id
    package = f"project/{shop.project}/package/{shop.package}"

    assert {entry["actor_id"] for entry in entries(root, actor=writer)} == {writer}
    assert {entry["action"] for entry in entries(root, action="tag.moved")} == {"tag.moved"}
    below = {entry["action"] for entry in entries(root, object=package)}
    assert below == {"package.created", "upload.accepted", "tag.moved"}
    assert [entry["action"] for entry in entries(root, object=f"{package}/tag/stable")] == ["tag.moved"]
    assert entries(root, object=f"project/{shop.project[:-1]}") == []
    assert entries(root, object="project/%") == []
    assert entries(root, actor=writer, action="project.created") == []


def test_it_can_be_asked_for_a_time(root: ApiClient, shop: Workshop, time: Any) -> None:
    time.advance(hours=1)
    shop.upload(b"later")
    then = time.moment.isoformat().replace("+00:00", "Z")

    assert [entry["action"] for entry in entries(root, since=then)] == ["upload.accepted"]
    assert "upload.accepted" not in {entry["action"] for entry in entries(root, until=then)}


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    "query",
    [
        {"actor": "0"},
        {"actor": "x"},
        {"action": "测试"},
        {"object": "x" * 513},
        {"since": "yesterday"},
        {"until": "2026-01-01T00:00:00"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"user": "1"},
        {"limit": "201"},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(root: ApiClient, query: dict[str, str]) -> None:
    assert root.get(AUDIT, query=query).status == 422
