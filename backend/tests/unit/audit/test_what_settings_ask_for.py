"""Entries about reading, links and refusals: none unless a setting asks for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from tests.support.apps import AppWith, MakeApp
from tests.support.client import ApiClient, sender
from tests.support.inside import Inside
from tests.support.moments import Clock
from tests.support.raised import TransactionStopped
from tests.support.registry import Workshop
from tests.support.shared_app import once
from tests.unit.audit.conftest import entries

ASKED = ("artifact.downloaded", "link.made", "request.refused", "audit.read")
EVERY_SETTING = {
    "AUDIT_DOWNLOADS": "true", "AUDIT_LINKS": "true", "AUDIT_REFUSALS": "true", "AUDIT_READS": "true",
}  # fmt: skip


class World(Inside):
    """A private and a public project with the same bytes in each, and an administrator."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.root = self.client.as_(once(app, "root", lambda: self.person("root", is_admin=True)).token)
        self.shop: Workshop = once(app, "shop", self.workshop)
        self.shop.upload(b"bytes", version="1.0.0").ok()

    def found(self, action: str) -> list[dict[str, Any]]:
        """Return the entries about it."""
        return entries(self.root, action=action)


@contextmanager
def no_entries() -> Iterator[None]:
    """Let no entry be written, on whichever instance."""

    def refuse(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "INTO audit_entries" in statement:
            raise TransactionStopped

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)


@pytest.fixture
def world(app_with: AppWith) -> World:
    """A world in which everything is asked for."""
    return World(app_with(**EVERY_SETTING))


def test_given_no_setting_then_nothing_of_it_is_written(app: Flask) -> None:
    world = World(app)
    world.shop.reader.get(world.shop.url("/+/1.0.0")).ok()
    world.shop.reader.get(world.shop.url("/+/1.0.0"), query={"mode": "presigned"}).ok()
    assert world.shop.stranger.get(world.shop.url("/+/1.0.0")).status == 404
    assert world.client.get("/api/v1/audit").status == 401

    assert [each["action"] for each in entries(world.root) if each["action"] in ASKED] == []


def test_given_a_download_from_a_private_project_then_it_is_written_down(world: World) -> None:
    answer = world.shop.reader.get(world.shop.url("/+/1.0.0")).ok()
    world.shop.reader.request("HEAD", world.shop.url("/+/1.0.0"))

    [entry] = world.found("artifact.downloaded")

    assert answer.body == b"bytes"
    assert entry["actor_id"] == world.shop.people["reader"].id
    assert entry["object"] == f"project/{world.shop.project}/package/{world.shop.package}"
    assert entry["after"]["artifact_id"] == answer.headers["X-Artifact-Id"]


def test_given_a_download_in_parts_then_each_credential_leaves_one_entry_for_them(
    world: World, time: Clock
) -> None:
    url = world.shop.url("/+/1.0.0")

    def parts(client: ApiClient) -> list[bytes]:
        ranges = ("bytes=2-3", "bytes=0-1", "bytes=-1", "bytes=4-")
        return [client.get(url, headers={"Range": each}).ok().body for each in ranges]

    assert parts(world.shop.reader) == [b"te", b"by", b"s", b"s"]
    parts(world.shop.writer)
    assert len(world.found("artifact.downloaded")) == 2

    world.shop.reader.get(url).ok()
    assert len(world.found("artifact.downloaded")) == 3, "all of it is a download of its own"

    time.advance(seconds=301)
    parts(world.shop.reader)
    assert len(world.found("artifact.downloaded")) == 4


def test_given_a_part_that_cannot_be_written_down_then_no_bytes_go_out_and_the_next_one_is(
    world: World,
) -> None:
    url, part = world.shop.url("/+/1.0.0"), {"Range": "bytes=0-1"}
    with no_entries():
        assert world.shop.reader.get(url, headers=part).status == 500

    world.shop.reader.get(url, headers=part).ok()

    assert len(world.found("artifact.downloaded")) == 1


def test_given_a_download_from_a_public_project_then_it_is_not(world: World) -> None:
    world.shop.owner.patch(f"/api/v1/project/{world.shop.project}", {"is_public": True}).ok()

    world.client.get(world.shop.url("/+/1.0.0")).ok()

    assert world.found("artifact.downloaded") == []


@pytest.mark.parametrize("mode", ["presigned", "redirect"])
def test_given_a_link_then_it_is_written_down(world: World, mode: str) -> None:
    world.shop.reader.get(world.shop.url("/+/1.0.0"), query={"mode": mode}).ok()

    [entry] = world.found("link.made")

    assert entry["actor_id"] == world.shop.people["reader"].id
    assert "://" not in str(entry), "a link opens a door"


def test_given_refusals_then_the_first_and_the_tenth_are_written_down(world: World) -> None:
    for _ in range(12):
        assert world.shop.reader.get("/api/v1/audit").status == 403
    assert world.client.get("/api/v1/audit").status == 401

    found = [(each["object"], each["actor_id"], each["after"]) for each in world.found("request.refused")]

    reader = world.shop.people["reader"].id
    assert found == [
        ("operation/list_audit", reader, {"reason": "forbidden", "refusals": 1}),
        ("operation/list_audit", reader, {"reason": "forbidden", "refusals": 10}),
        ("operation/list_audit", None, {"reason": "unauthorized", "refusals": 1}),
    ]


def test_given_a_credential_that_opens_nothing_then_its_refusal_says_from_where(world: World) -> None:
    assert world.client.as_("wxr_nothing").get("/api/v1/auth/me").status == 401

    [entry] = world.found("request.refused")

    assert (entry["address"], entry["actor_id"]) == ("127.0.0.1", None)


def test_given_a_database_that_can_only_be_read_then_refusals_are_answered_all_the_same(
    make_app: MakeApp, tmp_path: Path
) -> None:
    database = tmp_path / "registry.db"
    make_app(DATABASE_URL=f"sqlite:///{database}")
    read_only = make_app(DATABASE_URL=f"sqlite:///file:{database}?mode=ro&uri=true", **EVERY_SETTING)

    refused = ApiClient(sender(read_only)).get("/api/v1/auth/me")

    assert (refused.status, refused.reason) == (401, "unauthorized")


def test_given_the_log_is_read_then_that_is_written_down(world: World) -> None:
    world.root.get("/api/v1/audit", query={"action": "tag.moved"}).ok()
    world.root.post("/api/v1/audit/verify").ok()

    read = [each["after"] for each in world.found("audit.read")]

    assert read[:2] == [{"action": "tag.moved"}, {"verified": True}]
