"""Projects and users that are too large for one request."""

import pytest
from flask import Flask

from tests.support import builders, crowds
from tests.support.builders import Person, sha256
from tests.support.client import ApiClient
from tests.support.needs import FACE_NEEDS
from tests.support.registry import Workshop
from tests.support.surface import REQUESTS, Scene
from tests.unit.audit.conftest import entries
from tests.unit.erasure.conftest import VERSIONS, Eraser
from tests.whole.test_surface import IN_PROJECTS, NEEDS, ROWS
from wxcloudrun.erasure.rules import AT_ONCE_ROWS, MOST_ROWS
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit.security import EVERY_SCOPE
from wxcloudrun.packages.models import Package
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.sessions.models import LoginSession, RefreshToken
from wxcloudrun.uploads.models import Upload
from wxcloudrun.users.models import User
from wxcloudrun.versions.models import Version

FORCE = {"force": "true"}
MANY = AT_ONCE_ROWS + 200
READS = sorted(name for name in IN_PROJECTS if ROWS[name].method == "GET" and NEEDS[name].answers == 200)


@pytest.mark.same_everywhere
@pytest.mark.parametrize("what", ["package", "project"])
@pytest.mark.parametrize("is_public", [False, True])
def test_given_a_deletion_under_way_then_every_read_answers_as_if_it_had_never_been(
    app: Flask, root: ApiClient, eraser: Eraser, what: str, *, is_public: bool
) -> None:
    scene = Scene(app, is_public=is_public)
    samples = {name: REQUESTS[name](scene) for name in READS}
    with app.app_context():
        crowds.fill_package(crowds.package_id(scene.project.rpartition("/")[2], "box"), VERSIONS, series="7")
    for name in READS:
        assert scene.owner.get(samples[name].path, **samples[name].options).status == 200, name

    path = scene.project if what == "project" else f"{scene.project}/packages/box"
    scene.owner.delete(path, query=FORCE).ok()

    assert eraser.left(Version) > 0
    about_people = {name for name in READS if "members" in name or "service_account" in name}
    about_others = {*about_people, *FACE_NEEDS}  # whose package is another one
    stays = {"get_project", "list_packages", *about_others} if what == "package" else set()
    for name in set(READS) - stays:
        for who in (scene.owner, root, scene.client.as_(None)):
            answer = who.get(samples[name].path, **samples[name].options)
            assert answer.status in {401, 404}, (name, answer)
    for page in ("/api/v1/projects", "/api/v1/packages", "/api/v1/search"):
        for who in (scene.owner, root):
            items = who.get(page).ok().items
            assert not [each for each in items if each.get("name") == "box" or each.get("package") == "box"]
            if what == "project":
                assert items == [], page


class TestProjects:
    def test_given_many_packages_then_all_go_and_their_names_are_remembered(
        self, app: Flask, shop: Workshop, root: ApiClient, eraser: Eraser, touched: list[tuple[int, str]]
    ) -> None:
        with app.app_context():
            crowds.fill_project(shop.project, MANY)
            crowds.fill_members(shop.project, MANY)
        touched.clear()

        shop.owner.delete(f"/api/v1/project/{shop.project}", query=FORCE).ok()
        assert eraser.left(Package, Membership) > AT_ONCE_ROWS
        assert shop.reader.get("/api/v1/projects").ok().items == []
        assert eraser.work() == 1

        assert eraser.left(Project, Package, Version, Membership) == 0
        assert eraser.retired() == MANY
        assert max(rows for rows, _ in touched) <= MOST_ROWS
        assert [each["object"] for each in entries(root, action="erasure.finished")] == [
            f"project/{shop.project}"
        ]

    def test_given_a_deletion_under_way_then_an_administrator_has_the_name_and_versions_keep_their_bytes(
        self, app: Flask, large: Workshop, eraser: Eraser, administrator: ApiClient
    ) -> None:
        in_use = large.stranger.post("/api/v1/projects", {"name": large.project})
        large.owner.delete(f"/api/v1/project/{large.project}", query=FORCE).ok()
        freed = large.stranger.post("/api/v1/projects", {"name": large.project})
        assert (freed.status, freed.body) == (409, in_use.body)
        administrator.post("/api/v1/projects", {"name": large.project}).ok()
        packages = f"/api/v1/project/{large.project}/packages"
        administrator.post(packages, {"name": large.package}).ok()
        member = f"/api/v1/project/{large.project}/members/{large.people['stranger'].id}"
        administrator.request("PUT", member, json={"role": "owner"}).ok()
        upload = large.url("/upload/a.bin")
        last = f"1.0.{VERSIONS - 1}"

        before = large.stranger.put(upload, b"other", query={"version": last})
        eraser.work()
        after = large.stranger.put(upload, b"other", query={"version": last})

        assert (before.status, after.status) == (409, 409)
        assert before.data == after.data == {
            "reason": "version_taken", "version": last, "offered": sha256(b"other"),
        }, "what an earlier owner had is told to nobody"  # fmt: skip
        assert large.stranger.put(upload, b"crowd", query={"version": last}).status == 200
        assert large.owner.get(packages).status == 404
        with app.app_context():
            assert crowds.count(Project) == 1

    def test_given_a_key_that_is_bound_to_it_then_it_is_over_at_once(
        self, app: Flask, large: Workshop, client: ApiClient
    ) -> None:
        owner = large.people["owner"]
        bound = client.as_(builders.key(app, owner.actor, EVERY_SCOPE, project=large.project))
        assert bound.get("/api/v1/auth/me").status == 200

        large.owner.delete(f"/api/v1/project/{large.project}", query=FORCE).ok()

        assert bound.get("/api/v1/auth/me").status == 401
        keys = large.owner.get("/api/v1/auth/keys").ok().items
        assert {key["project"] for key in keys} == {None}

    def test_given_one_without_packages_and_many_members_then_it_goes_without_force(
        self, app: Flask, shop: Workshop, eraser: Eraser
    ) -> None:
        shop.owner.delete(f"/api/v1/project/{shop.project}/packages/{shop.package}").ok()
        with app.app_context():
            crowds.fill_members(shop.project, MANY)

        shop.owner.delete(f"/api/v1/project/{shop.project}").ok()
        eraser.work()

        assert eraser.left(Project, Membership) == 0


class TestUsers:
    @pytest.fixture
    def maker(self, app: Flask, shop: Workshop) -> Person:
        """A user with very many sessions and keys, who has made very many versions."""
        writer = shop.people["writer"]
        with app.app_context():
            crowds.fill_package(crowds.package_id(shop.project, shop.package), VERSIONS, user_id=writer.id)
            crowds.fill_user(writer.id, MANY)
        return writer

    def test_given_a_large_one_then_they_are_gone_at_once_and_what_they_made_has_no_name(
        self, shop: Workshop, root: ApiClient, maker: Person, eraser: Eraser
    ) -> None:
        version = shop.reader.get(shop.url("/versions/1.0.1")).ok().data
        assert version["created_by"] == maker.username

        assert root.delete(f"/api/v1/users/{maker.id}").status == 204

        assert eraser.left(ApiKey, LoginSession) > AT_ONCE_ROWS
        assert shop.writer.get("/api/v1/auth/me").status == 401
        assert root.get(f"/api/v1/users/{maker.id}").status == 404
        assert root.patch(f"/api/v1/users/{maker.id}", {"username": "back"}).status == 404
        assert root.delete(f"/api/v1/users/{maker.id}").status == 404
        assert maker.id not in {each["id"] for each in root.get("/api/v1/users").ok().items}
        members = shop.owner.get(f"/api/v1/project/{shop.project}/members").ok().items
        assert maker.id not in {each["user_id"] for each in members}
        member = f"/api/v1/project/{shop.project}/members/{maker.id}"
        assert shop.owner.request("PUT", member, json={"role": "reader"}).status == 404
        assert shop.reader.get(shop.url("/versions/1.0.1")).ok().data == {**version, "created_by": None}
        assert shop.reader.get(shop.url("/uploads")).ok().items[0]["created_by"] is None
        meant = shop.reader.get(shop.url("/resolve"), query={"ref": "1.0.1"}).ok().data
        assert meant["artifact_id"] == sha256(b"crowd")

    def test_given_a_large_one_when_the_job_is_done_then_what_was_theirs_is_gone_and_what_they_made_is_not(
        self,
        app: Flask,
        shop: Workshop,
        root: ApiClient,
        maker: Person,
        eraser: Eraser,
        touched: list[tuple[int, str]],
    ) -> None:
        root.delete(f"/api/v1/users/{maker.id}").ok()
        assert eraser.work() == 1

        with app.app_context():
            for model in (ApiKey, LoginSession, Membership):
                assert crowds.count(model, model.user_id == maker.id) == 0, model
            assert crowds.count(RefreshToken) == 0
            assert crowds.count(Version) == crowds.count(Upload) == VERSIONS
            assert crowds.count(User, User.id == maker.id, User.email.is_(None), User.username.is_(None)) == 1
        assert max(rows for rows, _ in touched) <= MOST_ROWS
        assert [each["object"] for each in entries(root, action="erasure.finished")] == [f"user/{maker.id}"]
        assert shop.reader.get(shop.url("/versions")).status == 200

    def test_given_somebody_who_left_then_their_address_and_name_are_free(
        self, client: ApiClient, root: ApiClient, maker: Person
    ) -> None:
        root.delete(f"/api/v1/users/{maker.id}").ok()

        body = {"email": maker.email, "password": "a long password", "username": maker.username}
        made = client.post("/api/v1/auth/register", body).ok().data

        assert made["id"] != maker.id

    def test_given_an_owner_of_very_many_projects_then_who_owns_one_alone_stays(
        self, app: Flask, root: ApiClient, make_person: object
    ) -> None:
        assert callable(make_person)
        one, other = make_person("one"), make_person("other")
        with app.app_context():
            crowds.fill_memberships(one.id, MANY, co_owner=other.id)
            crowds.fill_memberships(one.id, 150)

        refused = root.delete(f"/api/v1/users/{one.id}")

        assert (refused.status, refused.reason, len(refused.data["projects"])) == (409, "conflict", 100)
        assert root.delete(f"/api/v1/users/{other.id}").status == 204, "each of theirs has another owner"

    def test_given_a_co_owner_who_left_then_the_other_one_is_the_last(
        self, shop: Workshop, root: ApiClient
    ) -> None:
        owner, second = shop.people["owner"], shop.people["maintainer"]
        members = f"/api/v1/project/{shop.project}/members"
        shop.owner.request("PUT", f"{members}/{second.id}", json={"role": "owner"}).ok()
        root.delete(f"/api/v1/users/{second.id}").ok()

        assert shop.owner.delete(f"{members}/{owner.id}").status == 409
        assert root.delete(f"/api/v1/users/{owner.id}").status == 409
