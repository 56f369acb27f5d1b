"""What the entries of changes say of what has changed."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import delete

from tests.support.builders import sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.unit.audit.conftest import entries
from wxcloudrun.identity.service.revoke import RevocationService
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.security import SYSTEM, CredentialKind
from wxcloudrun.sessions.models import LoginSession
from wxcloudrun.versions.models import VersionFile
from wxcloudrun.versions.service.recount import FileCounts

RELEASES = "/api/v1/packages"


def of(root: ApiClient, shop: Workshop, version: str) -> list[tuple[str, object, object]]:
    """Return what the log says of a version: action, before, after."""
    path = f"project/{shop.project}/package/{shop.package}/version/{version}"
    return [(each["action"], each["before"], each["after"]) for each in entries(root, object=path)]


def test_given_a_first_file_then_the_version_is_made_and_the_file_added_by_its_name(
    root: ApiClient, shop: Workshop
) -> None:
    shop.upload(b"one", "one.bin", version="1.0.0").ok()

    assert of(root, shop, "1.0.0") == [
        ("version.made", None, {"source": "explicit"}),
        ("file.added", None, {"filename": "one.bin", "artifact_id": sha256(b"one")}),
    ]


def test_given_a_file_for_a_version_that_is_there_then_none_is_made(root: ApiClient, shop: Workshop) -> None:
    release = {"name": shop.package, "version": "1.0.0", "project": shop.project}
    shop.writer.post(RELEASES, release).ok()
    shop.upload(b"one", "one.bin", version="1.0.0").ok()

    assert [each[0] for each in of(root, shop, "1.0.0")] == ["release.created", "file.added"]


def test_given_a_deleted_version_then_its_files_are_named(root: ApiClient, shop: Workshop) -> None:
    shop.writer.patch(f"/api/v1/project/{shop.project}/packages/{shop.package}", {"layout": "files"}).ok()
    names = [f"{number}-{'x' * 200}.bin" for number in range(12)]
    for name in names:
        shop.upload(name.encode(), name, version="1.0.0").ok()
    shop.maintainer.delete(shop.url("/versions/1.0.0")).ok()

    action, before, _ = of(root, shop, "1.0.0")[-1]

    assert action == "version.deleted"
    assert before == {
        "artifact_id": None,
        "files_count": 12,
        "files": [
            {"filename": f"{name[:199]}…", "artifact_id": sha256(name.encode())} for name in names[:10]
        ],
    }


def test_given_another_release_is_activated_then_the_one_before_says_so(
    root: ApiClient, shop: Workshop
) -> None:
    for version in ("1.0.0", "2.0.0"):
        shop.upload(version.encode(), version=version).ok()
        found = shop.reader.get(shop.url(f"/versions/{version}")).ok().data
        shop.maintainer.post(f"{RELEASES}/{found['id']}/activate").ok()

    assert of(root, shop, "1.0.0")[-1] == (
        "release.deactivated", {"activated": "1.0.0"}, {"activated": "2.0.0"},
    )  # fmt: skip
    assert of(root, shop, "2.0.0")[-1][0] == "release.activated"


def test_given_a_repair_of_the_count_of_files_then_the_version_says_so(
    app: Flask, root: ApiClient, shop: Workshop
) -> None:
    shop.upload(b"one", version="1.0.0").ok()
    release = shop.reader.get(shop.url("/versions/1.0.0")).ok().data["id"]
    shop.maintainer.post(f"{RELEASES}/{release}/activate").ok()
    lose_files(app)

    with app.app_context():
        assert FileCounts().recount(release)
        assert not FileCounts().recount(release)

    assert of(root, shop, "1.0.0")[-1] == (
        "version.recounted",
        {"files_count": 1, "status": "activated"},
        {"files_count": 0, "status": "created"},
    )


def lose_files(app: Flask) -> None:
    """Let the rows of files be lost, as by hand."""
    with app.app_context(), transaction() as tx:
        tx.session.execute(delete(VersionFile))


def test_given_a_change_of_one_property_then_the_log_says_that_pair_alone(
    root: ApiClient, shop: Workshop
) -> None:
    shop.upload(b"one", version="1.0.0").ok()
    pairs = {f"name-{number}": "x" * 256 for number in range(32)}
    shop.writer.patch(shop.url("/versions/1.0.0"), {"properties": pairs}).ok()
    shop.writer.patch(shop.url("/versions/1.0.0"), {"properties": {**pairs, "name-7": "y"}}).ok()

    first, second = of(root, shop, "1.0.0")[-2:]

    assert first[1] == {"properties": {}}
    assert isinstance(first[2], dict)
    assert set(first[2]["properties"]) == set(pairs)
    assert second[1:] == (
        {"properties": {"name-7": "x" * 199 + "…"}},
        {"properties": {"name-7": "y"}},
    )


def actions(root: ApiClient, **filters: object) -> list[tuple[str, str]]:
    """Return what has happened to what, oldest first."""
    return [(each["action"], each["object"]) for each in entries(root, **filters)]


@pytest.mark.parametrize("way", ["by_itself", "by_its_owner"])
def test_given_a_key_is_revoked_then_the_log_calls_that_the_same_whoever_does_it(
    root: ApiClient, shop: Workshop, way: str
) -> None:
    made = shop.owner.post("/api/v1/auth/keys", {"name": "k"}).ok().data
    if way == "by_itself":
        shop.owner.as_(made["key"]).delete("/api/v1/auth/token").ok()
    else:
        shop.owner.delete(f"/api/v1/auth/keys/{made['id']}").ok()

    path = f"user/{shop.people['owner'].id}/key/{made['id']}"
    assert actions(root, object=path)[-1] == ("key.revoked", path)
    assert actions(root, action="credential.revoked") == []


@pytest.mark.parametrize("credential", ["jwt", "api_key", "session"])
def test_given_somebody_else_was_faster_then_no_second_end_is_recorded(
    app: Flask, root: ApiClient, shop: Workshop, credential: str
) -> None:
    user_id = shop.people["owner"].id
    made = shop.owner.post("/api/v1/auth/keys", {"name": "k"}).ok().data
    ids = {"jwt": "j", "api_key": str(made["id"]), "session": "s"}
    with app.app_context(), transaction() as tx:
        now = clock.now()
        tx.session.add(LoginSession(id="s", user_id=user_id, cookie_hash="c", created_at=now, expires_at=now))
    actor = replace(
        SYSTEM, user_id=user_id, credential=CredentialKind(credential), credential_id=ids[credential]
    )
    with app.app_context():
        for _ in range(2):
            app.extensions["services"][RevocationService].revoke(actor)

    ends = {"credential.revoked", "key.revoked", "session.ended"}
    assert len([action for action, _ in actions(root) if action in ends]) == 1


def test_given_changes_that_change_nothing_then_nothing_is_recorded(root: ApiClient, shop: Workshop) -> None:
    project, reader = f"/api/v1/project/{shop.project}", shop.people["reader"]
    account = {"name": "robot", "project": shop.project, "role": "writer"}
    robot = shop.owner.post("/api/v1/service-accounts", account).ok().data["id"]
    shop.upload(b"x", version="1.0.0", tag="stable").ok()
    before = len(entries(root))

    for url, body in [
        (project, {"description": "", "is_public": False}),
        (f"{project}/packages/{shop.package}", {"description": "", "layout": "single"}),
        (f"/api/v1/service-accounts/{robot}", {"name": "robot", "is_active": True}),
        (f"/api/v1/users/{reader.id}", {"is_active": True, "is_admin": False, "username": reader.username}),
        (shop.url("/versions/1.0.0"), {"yanked": None, "properties": {}}),
    ]:
        who = root if "/users/" in url else shop.owner
        who.patch(url, {}).ok()
        who.patch(url, body).ok()
    shop.owner.request("PUT", f"{project}/members/{reader.id}", json={"role": "reader"}).ok()

    assert [each["action"] for each in entries(root)[before:]] == []


def test_given_a_service_account_with_a_role_then_the_log_has_its_membership(
    root: ApiClient, shop: Workshop
) -> None:
    account = {"name": "robot", "project": shop.project, "role": "writer"}
    made = shop.owner.post("/api/v1/service-accounts", account).ok().data

    [entry] = entries(root, object=f"project/{shop.project}/member/{made['id']}")
    assert (entry["action"], entry["before"], entry["after"]) == ("member.set", None, {"role": "writer"})


def test_given_a_deleted_project_then_the_log_counts_the_keys_that_went_with_it(
    root: ApiClient, shop: Workshop
) -> None:
    for name in ("one", "two"):
        shop.owner.post("/api/v1/auth/keys", {"name": name, "project": shop.project}).ok()

    shop.owner.delete(f"/api/v1/project/{shop.project}", query={"force": "true"}).ok()

    [entry] = entries(root, action="project.deleted")
    assert entry["after"] == {"keys_revoked": 2}
