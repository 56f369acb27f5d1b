"""Somebody who knows a digest and a name learns nothing about a project that they may not see."""

import pytest

from tests.support.builders import sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop

DATA = b"bytes that only members may know to exist"
DIGEST = sha256(DATA)


@pytest.fixture
def secret(shop: Workshop) -> Workshop:
    """A private project that holds the bytes."""
    shop.upload(DATA, "secret.bin", tag="stable", version="1.0.0").ok()
    return shop


@pytest.fixture
def stranger(secret: Workshop) -> ApiClient:
    """Somebody with a package of their own, `/project/mine/box`."""
    secret.stranger.post("/api/v1/projects", {"name": "mine"}).ok()
    secret.stranger.post("/api/v1/project/mine/packages", {"name": "box"}).ok()
    return secret.stranger


@pytest.mark.usefixtures("secret")
class TestByDigest:
    def test_the_artifact_is_as_absent_as_one_that_never_was(self, stranger: ApiClient) -> None:
        there, nowhere = (stranger.get(f"/api/v1/artifact/{digest}") for digest in (DIGEST, sha256(b"-")))

        assert (there.status, there.data) == (nowhere.status, nowhere.data) == (404, {"reason": "not_found"})
        assert there.msg.replace(DIGEST, "") == nowhere.msg.replace(sha256(b"-"), "")

    def test_search_does_not_find_it(self, stranger: ApiClient) -> None:
        assert stranger.get("/api/v1/search", query={"sha256": DIGEST}).ok().items == []

    def test_no_tag_of_theirs_points_at_it(self, stranger: ApiClient) -> None:
        tag = "/api/v1/project/mine/box/tags/loot"
        there, nowhere = (
            stranger.request("PUT", tag, json={"artifact_id": digest}) for digest in (DIGEST, sha256(b"-"))
        )

        assert (there.status, there.body) == (nowhere.status, nowhere.body)
        assert there.status == 404
        assert stranger.get(f"/api/v1/project/mine/box/+/artifact:{DIGEST}").status == 404

    def test_no_upload_by_checksum_gets_hold_of_it(self, stranger: ApiClient) -> None:
        there, nowhere = (
            stranger.put(
                "/api/v1/project/mine/box/upload/a.bin",
                headers={"X-Checksum-Deploy": "true", "X-Checksum-SHA256": digest},
            )
            for digest in (DIGEST, sha256(b"-"))
        )

        assert (there.status, there.body) == (nowhere.status, nowhere.body)
        assert there.status == 404

    def test_who_has_the_bytes_is_not_told_that_others_have_them(self, stranger: ApiClient) -> None:
        known = stranger.put("/api/v1/project/mine/box/upload/a.bin", DATA).ok().data
        new = stranger.put("/api/v1/project/mine/box/upload/a.bin", b"nobody has these").ok().data

        assert (known["deduplicated"], known["ref_count"]) == (new["deduplicated"], new["ref_count"])
        assert (known["deduplicated"], known["ref_count"]) == (False, 1)
        shown = stranger.get(f"/api/v1/artifact/{DIGEST}").ok().data
        assert (shown["ref_count"], shown["original_name"], shown["tags"], shown["versions"]) == (
            1, "a.bin", [], [],
        )  # fmt: skip


@pytest.mark.parametrize(
    "rest", ["", "/packages", "/members", "/{package}/tags", "/{package}/versions", "/{package}/+/stable"]
)
def test_by_name_it_is_as_absent_as_one_that_never_was(
    secret: Workshop, stranger: ApiClient, rest: str
) -> None:
    path = rest.format(package=secret.package)

    there = stranger.get(f"/api/v1/project/{secret.project}{path}")
    nowhere = stranger.get(f"/api/v1/project/nowhere{path}")

    assert there.status == nowhere.status == 404
    assert there.body.replace(secret.project.encode(), b"") == nowhere.body.replace(b"nowhere", b"")


def test_a_project_that_is_private_does_not_give_its_name_away_in_lists(
    secret: Workshop, stranger: ApiClient
) -> None:
    assert [each["name"] for each in stranger.get("/api/v1/projects").ok().items] == ["mine"]
    assert stranger.get("/api/v1/search", query={"q": secret.package}).ok().items == []
