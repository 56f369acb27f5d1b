"""How many projects, packages, tags, keys and waiting jobs there may be, and what does not count or ask."""

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient
from tests.support.registry import PersonMaker, Workshop
from wxcloudrun.kit.security import Scope

MOST = 3
PROJECTS, KEYS, RELEASES = "/api/v1/projects", "/api/v1/auth/keys", "/api/v1/packages"


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """An application with room for little."""
    settings = ("PROJECTS_PER_USER", "PACKAGES_PER_PROJECT", "TAGS_PER_PACKAGE", "KEYS_PER_USER")
    return app_with(**dict.fromkeys((*settings, "JOBS_WAITING_PER_USER"), str(MOST)))


def refuses(answer: Answer, what: str) -> None:
    """Look at a refusal for one too many."""
    assert (answer.status, answer.reason) == (409, "quota_reached")
    assert (answer.data["limit"], answer.data["of"]) == (MOST, what)
    assert str(MOST) in answer.msg
    assert "Retry-After" not in answer.headers, "waiting does not help"


def test_given_as_many_projects_as_one_may_make_then_another_is_made_once_one_is_deleted(
    client: ApiClient, make_person: PersonMaker
) -> None:
    ada, bob = (client.as_(make_person(name).token) for name in ("ada", "bob"))
    for number in range(MOST):
        ada.post(PROJECTS, {"name": f"ada-{number}"}).ok()

    refuses(ada.post(PROJECTS, {"name": "one-too-many"}), "projects")

    assert ada.get("/api/v1/project/one-too-many").status == 404, "nothing of it stays"
    bob.post(PROJECTS, {"name": "one-too-many"}).ok()
    ada.delete("/api/v1/project/ada-0").ok()
    ada.post(PROJECTS, {"name": "ada-again"}).ok()


def test_given_projects_of_others_then_belonging_to_them_takes_nobodys_room(
    shop: Workshop, client: ApiClient, make_person: PersonMaker
) -> None:
    person = make_person("ada")
    ada = client.as_(person.token)
    for number in range(MOST):
        name = f"given-{number}"
        shop.stranger.post(PROJECTS, {"name": name}).ok()
        wanted = {"user": person.email, "role": "owner"}
        shop.stranger.post(f"/api/v1/project/{name}/members", wanted).ok()

    ada.post(PROJECTS, {"name": "my-own"}).ok()


def test_given_a_full_project_then_no_way_makes_a_package_in_it_and_uploads_go_on(shop: Workshop) -> None:
    packages = f"/api/v1/project/{shop.project}/packages"
    for _ in range(MOST - 1):
        shop.new_package()
    release = {"project": shop.project, "name": "new", "version": "1.0.0"}

    refuses(shop.owner.post(packages, {"name": "new"}), "packages")
    refuses(shop.owner.post(RELEASES, release), "packages")
    refuses(shop.owner.post(shop.url("/adopt"), {"format": "npm"}), "packages")

    shop.upload(b"bytes", version="1.0.0").ok()
    shop.owner.post(RELEASES, {**release, "name": shop.package, "version": "2.0.0"}).ok()


def test_given_a_package_full_of_tags_then_they_move_and_no_new_one_is_made(shop: Workshop) -> None:
    digest = shop.upload(b"bytes", tag="tag-0").ok().data["artifact_id"]
    for number in range(1, MOST):
        shop.owner.request("PUT", shop.url(f"/tags/tag-{number}"), json={"artifact_id": digest}).ok()

    refuses(shop.owner.request("PUT", shop.url("/tags/new"), json={"artifact_id": digest}), "tags")
    refuses(shop.upload(b"other bytes", tag="new"), "tags")

    assert shop.reader.get(shop.url("/tags/new")).status == 404
    uploads = shop.reader.get(shop.url("/uploads")).ok().items
    assert len(uploads) == 1, "the upload is refused whole"
    other = shop.upload(b"other bytes", tag="tag-0").ok().data["artifact_id"]
    assert shop.reader.get(shop.url("/tags/tag-0")).ok().data["artifact_id"] == other
    shop.owner.delete(shop.url("/tags/tag-1")).ok()
    shop.owner.request("PUT", shop.url("/tags/new"), json={"artifact_id": digest}).ok()


def test_given_as_many_keys_as_one_may_have_then_one_is_replaced_only_at_once(
    client: ApiClient, make_person: PersonMaker
) -> None:
    ada = client.as_(make_person("ada").token)  # a key
    made = [ada.post(KEYS, {"name": f"key-{number}"}).ok().data["id"] for number in range(1, MOST)]

    refuses(ada.post(KEYS, {"name": "new"}), "keys")
    refuses(ada.post(f"{KEYS}/{made[0]}/rotate", {"overlap_hours": 1}), "keys")

    ada.post(f"{KEYS}/{made[0]}/rotate", {"overlap_hours": 0}).ok()
    ada.delete(f"{KEYS}/{made[1]}").ok()
    ada.post(KEYS, {"name": "new"}).ok()


def test_given_a_service_account_then_its_keys_are_counted_for_it_alone(shop: Workshop) -> None:
    account = {"name": "robot", "project": shop.project, "role": "reader"}
    made = shop.owner.post("/api/v1/service-accounts", account).ok().data["id"]
    keys = f"/api/v1/service-accounts/{made}/keys"
    for number in range(MOST):
        shop.owner.post(keys, {"name": f"key-{number}", "scopes": [Scope.READ]}).ok()

    refuses(shop.owner.post(keys, {"name": "new", "scopes": [Scope.READ]}), "keys")
    shop.owner.post(KEYS, {"name": "of the owner"}).ok()


def test_given_as_many_waiting_jobs_as_one_may_have_then_others_ask_on(shop: Workshop) -> None:
    source = {"type": "nix"}
    release = {"project": shop.project, "name": shop.package, "source": source}
    for number in range(MOST):
        shop.owner.post(RELEASES, {**release, "version": f"1.0.{number}"}).ok()

    refused = shop.owner.post(RELEASES, {**release, "version": "2.0.0"})

    assert (refused.status, refused.reason, refused.data["limit"]) == (429, "too_many_jobs", MOST)
    assert refused.headers["Retry-After"] == "60"
    assert shop.reader.get(shop.url("/+/version:2.0.0")).status == 404, "nothing of it stays"
    shop.maintainer.post(RELEASES, {**release, "version": "3.0.0"}).ok()
