"""Entries about reading, links and refusals: none unless a setting asks for them."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.support.apps import AppWith, MakeApp
from tests.support.client import ApiClient, sender
from tests.support.inside import Inside
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
