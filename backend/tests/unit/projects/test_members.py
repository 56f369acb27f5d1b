"""Members: who may give which role to whom, and that a project always keeps an owner."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support import builders
from tests.support.apps import AppWith
from tests.support.builders import Person
from tests.support.client import Answer, ApiClient, sender
from tests.support.registry import Workshop, workshop
from tests.support.statements import recorded
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.security import EVERY_SCOPE, Scope
from wxcloudrun.users.models import User

ROLES = ["reader", "writer", "maintainer", "owner"]

MakePerson = Callable[..., Person]


def members_url(shop: Workshop) -> str:
    """Return where the members are."""
    return f"/api/v1/project/{shop.project}/members"


def url_of(shop: Workshop, who: str) -> str:
    """Return where one person's membership is."""
    return f"{members_url(shop)}/{shop.people[who].id}"


def add(client: ApiClient, shop: Workshop, email: str, role: str = "reader") -> Answer:
    """Let somebody belong to it, by their address."""
    return client.post(members_url(shop), {"user": email, "role": role})


def give(client: ApiClient, shop: Workshop, who: str, role: str) -> Answer:
    """Give somebody a role: the stranger by their address, as nobody here knows them."""
    if who == "stranger":
        return add(client, shop, shop.people[who].email, role)
    return client.request("PUT", url_of(shop, who), json={"role": role})


def roles(shop: Workshop) -> dict[str, str]:
    """Return who is what."""
    ids = {person.id: who for who, person in shop.people.items()}
    listed = shop.owner.get(members_url(shop)).ok().items
    return {ids[member["user_id"]]: member["role"] for member in listed}


class TestListing:
    def test_everybody_is_there_once(self, shop: Workshop) -> None:
        assert roles(shop) == {role: role for role in ROLES}

    def test_a_member_has_a_name_and_a_time(self, shop: Workshop) -> None:
        first = shop.owner.get(members_url(shop)).ok().items[0]

        assert set(first) == {"user_id", "kind", "username", "role", "created_at"}
        assert first["username"] == shop.people["owner"].username

    def test_page_by_page_it_is_the_same(self, shop: Workshop) -> None:
        seen: list[int] = []
        query: dict[str, object] = {"limit": 1}
        for _ in range(4):
            page = shop.owner.get(members_url(shop), query=query).ok()
            seen += [member["user_id"] for member in page.items]
            query["cursor"] = page.data["next_cursor"]

        assert query["cursor"] is None
        assert seen == sorted(shop.people[role].id for role in ROLES)

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("anonymous", 401),
            ("stranger", 404),
            ("reader", 403),
            ("writer", 403),
            ("maintainer", 200),
            ("owner", 200),
        ],
    )
    def test_it_takes_a_maintainer(self, shop: Workshop, who: str, status: int) -> None:
        assert getattr(shop, who).get(members_url(shop)).status == status

    def test_of_a_public_project_too(self, public_shop: Workshop) -> None:
        assert public_shop.anonymous.get(members_url(public_shop)).status == 401
        assert public_shop.stranger.get(members_url(public_shop)).status == 403


class TestGiving:
    @pytest.mark.parametrize("role", ROLES)
    def test_an_owner_gives_any_role(self, shop: Workshop, role: str) -> None:
        answer = give(shop.owner, shop, "stranger", role).ok()

        assert (answer.status, answer.data) == (202, {"user": shop.people["stranger"].email, "role": role})
        assert roles(shop)["stranger"] == role

    @pytest.mark.parametrize(("role", "status"), [*((role, 202) for role in ROLES[:3]), ("owner", 403)])
    def test_nobody_gives_a_role_above_their_own(self, shop: Workshop, role: str, status: int) -> None:
        assert give(shop.maintainer, shop, "stranger", role).status == status
        assert roles(shop).get("stranger") == (role if status == 202 else None)

    @pytest.mark.parametrize("role", ROLES)
    def test_a_maintainer_does_not_touch_an_owner(self, shop: Workshop, role: str) -> None:
        assert give(shop.maintainer, shop, "owner", role).status == 403
        assert roles(shop)["owner"] == "owner"

    def test_a_maintainer_does_not_make_themselves_an_owner(self, shop: Workshop) -> None:
        assert give(shop.maintainer, shop, "maintainer", "owner").status == 403
        assert roles(shop)["maintainer"] == "maintainer"

    def test_a_maintainer_may_step_down(self, shop: Workshop) -> None:
        give(shop.maintainer, shop, "maintainer", "reader").ok()

        assert give(shop.maintainer, shop, "stranger", "reader").status == 403

    @pytest.mark.parametrize("who", ["reader", "writer"])
    def test_others_give_none(self, shop: Workshop, who: str) -> None:
        assert give(getattr(shop, who), shop, who, "owner").status == 403
        assert give(getattr(shop, who), shop, "stranger", "reader").status == 403
        assert roles(shop) == {role: role for role in ROLES}

    def test_a_stranger_does_not_let_themselves_in(self, shop: Workshop) -> None:
        assert give(shop.stranger, shop, "stranger", "reader").status == 404
        assert give(shop.anonymous, shop, "stranger", "reader").status == 401

    def test_not_even_into_a_public_project(self, public_shop: Workshop) -> None:
        assert give(public_shop.stranger, public_shop, "stranger", "reader").status == 403

    def test_a_role_counts_from_the_next_request_on(self, shop: Workshop) -> None:
        assert shop.stranger.get(shop.url("/tags")).status == 404
        give(shop.owner, shop, "stranger", "reader").ok()
        assert shop.stranger.get(shop.url("/tags")).status == 200
        give(shop.owner, shop, "writer", "reader").ok()
        assert shop.writer.put(shop.url("/upload/x.bin"), b"bytes").status == 403

    def test_the_same_role_again_changes_nothing(self, shop: Workshop) -> None:
        before = shop.owner.get(members_url(shop)).ok().items

        give(shop.owner, shop, "reader", "reader").ok()

        assert shop.owner.get(members_url(shop)).ok().items == before

    @pytest.mark.same_everywhere
    @pytest.mark.parametrize(
        "body", [{}, {"role": "admin"}, {"role": "Owner"}, {"role": 4}, {"role": "reader", "x": 1}]
    )
    def test_what_is_no_role_is_refused(self, shop: Workshop, body: dict[str, object]) -> None:
        answer = shop.owner.request("PUT", url_of(shop, "stranger"), json=body)

        assert (answer.status, answer.reason) == (422, "invalid")

    @pytest.mark.parametrize("user_id", ["999999", "0", "-1", "x", "1.0", "9" * 30, "%D9%A1"])
    def test_nobody_there_is_not_found(self, shop: Workshop, user_id: str) -> None:
        url = f"{members_url(shop)}/{user_id}"

        assert shop.owner.request("PUT", url, json={"role": "reader"}).status == 404
        assert shop.owner.delete(url).status == 404

    def test_a_key_needs_the_strongest_scope_for_it(
        self, shop: Workshop, client: ApiClient, app: Flask
    ) -> None:
        scopes = frozenset({Scope.READ, Scope.WRITE})
        weak = client.as_(builders.key(app, shop.people["owner"].actor, scopes))

        assert give(weak, shop, "stranger", "reader").status == 403
        assert weak.delete(url_of(shop, "reader")).status == 403


class TestWhoIsNotKnown:
    """What an owner learns, and does not learn, about people whom no project of theirs has."""

    def test_given_an_address_that_nobody_has_then_answer_and_statements_are_those_of_a_person(
        self, shop: Workshop
    ) -> None:
        person = shop.people["stranger"].email
        nobody = "x" * (len(person) - len("@example.com")) + "@example.com"
        member = shop.people["writer"].email
        add(shop.owner, shop, "somebody-else@example.com").ok()  # what is written once is written

        answers, sent = [], []
        for email in (nobody, person, member):
            with recorded() as statements:
                answers.append(add(shop.owner, shop, email))
            sent.append(list(statements))

        assert [answer.status for answer in answers] == [202] * 3
        assert [(answer.data["role"], answer.msg) for answer in answers] == [("reader", answers[0].msg)] * 3
        assert len(answers[0].body) == len(answers[1].body)
        assert sent[0] == sent[1] == sent[2]
        assert roles(shop) == {**{role: role for role in ROLES}, "stranger": "reader"}, "a member stays as is"

    def test_given_a_name_that_nobody_has_then_answer_and_statements_are_those_of_a_person(
        self, shop: Workshop
    ) -> None:
        person, member = (shop.people[who].username for who in ("stranger", "writer"))
        add(shop.owner, shop, "somebody-else").ok()  # what is written once is written

        answers, sent = [], []
        for name in ("x" * len(person), person, member):
            with recorded() as statements:
                answers.append(add(shop.owner, shop, name))
            sent.append(list(statements))

        assert [answer.status for answer in answers] == [202] * 3
        assert answers[1].data == {"user": person, "role": "reader"}
        assert len(answers[0].body) == len(answers[1].body)
        assert sent[0] == sent[1] == sent[2]
        assert roles(shop) == {**{role: role for role in ROLES}, "stranger": "reader"}, "a member stays as is"

    def test_given_a_name_in_another_case_then_it_is_the_person(self, shop: Workshop) -> None:
        add(shop.owner, shop, shop.people["stranger"].username.upper()).ok()

        assert roles(shop)["stranger"] == "reader"

    def test_given_somebody_named_like_the_address_of_another_then_the_address_counts(
        self, shop: Workshop, app: Flask
    ) -> None:
        victim = shop.people["stranger"].email
        with app.app_context(), transaction() as tx:  # as they could be called once
            tx.session.add(User(email="thief@example.com", username=victim, created_at=clock.now()))

        add(shop.owner, shop, victim).ok()

        assert roles(shop)["stranger"] == "reader"
        assert len(roles(shop)) == len(ROLES) + 1

    def test_given_a_try_then_the_log_has_it_without_the_address(
        self, shop: Workshop, administrator: ApiClient
    ) -> None:
        for email in ("nobody@example.com", shop.people["stranger"].email):
            add(shop.owner, shop, email).ok()

        added, sought = administrator.get("/api/v1/audit", query={"limit": 2}).ok().items
        path, owner = f"project/{shop.project}/member", shop.people["owner"].id
        assert (sought["action"], sought["object"], sought["actor_id"]) == ("member.sought", path, owner)
        assert (sought["before"], sought["after"]) == (None, {"role": "reader"})
        person = f"{path}/{shop.people['stranger'].id}"
        assert (added["action"], added["object"], added["after"]) == ("member.set", person, sought["after"])

    def test_given_another_spelling_of_the_address_then_it_is_the_person(self, shop: Workshop) -> None:
        add(shop.owner, shop, shop.people["stranger"].email.upper()).ok()

        assert roles(shop)["stranger"] == "reader"

    def test_given_the_number_of_a_stranger_then_it_is_as_if_there_were_nobody(self, shop: Workshop) -> None:
        body = {"role": "reader"}

        stranger = shop.owner.request("PUT", url_of(shop, "stranger"), json=body)
        nobody = shop.owner.request("PUT", f"{members_url(shop)}/999999", json=body)

        assert stranger.status == nobody.status == 404
        assert stranger.msg == nobody.msg
        assert "stranger" not in roles(shop)

    def test_given_a_project_that_both_belong_to_then_the_number_is_enough(
        self, shop: Workshop, client: ApiClient, make_person: MakePerson, app: Flask
    ) -> None:
        common = workshop(client, make_person)
        common.let_in(shop.people["owner"].email, "reader")
        common.let_in(shop.people["stranger"].email, "reader")
        bound = client.as_(builders.key(app, shop.people["owner"].actor, EVERY_SCOPE, project=shop.project))
        put = ("PUT", url_of(shop, "stranger"))

        assert bound.request(*put, json={"role": "writer"}).status == 404, (
            "of the other project it sees nothing"
        )
        assert shop.owner.request(*put, json={"role": "writer"}).status == 200

    def test_given_an_administrator_then_any_number_is_enough(
        self, shop: Workshop, administrator: ApiClient
    ) -> None:
        administrator.request("PUT", url_of(shop, "stranger"), json={"role": "writer"}).ok()

        assert roles(shop)["stranger"] == "writer"

    def test_given_a_service_account_then_it_is_not_added_by_its_name(self, shop: Workshop) -> None:
        answer = add(shop.owner, shop, "service:robot")

        assert (answer.status, answer.reason) == (422, "invalid")

    def test_given_somebody_who_tries_addresses_all_the_time_then_they_are_held_up(
        self, app_with: AppWith
    ) -> None:
        app = app_with(RATELIMIT_MEMBERS="2/hour")
        client = ApiClient(sender(app))
        owner, other = (client.as_(builders.person(app, name).token) for name in ("owner", "other"))
        for who, project in ((owner, "tools"), (other, "toys")):
            who.post("/api/v1/projects", {"name": project}).ok()
        wanted = {"user": "nobody@example.com", "role": "reader"}

        tried = [owner.post("/api/v1/project/tools/members", wanted) for _ in range(3)]

        assert [answer.status for answer in tried] == [202, 202, 429]
        assert int(tried[-1].headers["Retry-After"]) > 0
        assert other.post("/api/v1/project/toys/members", wanted).status == 202

    def test_given_many_users_at_one_address_then_they_have_ten_times_as_much_together(
        self, app_with: AppWith
    ) -> None:
        app = app_with(RATELIMIT_MEMBERS="1/hour")
        client = ApiClient(sender(app))
        wanted = {"user": "nobody", "role": "reader"}

        tried = []
        for number in range(12):
            owner = client.as_(builders.person(app, f"owner{number}").token)
            owner.post("/api/v1/projects", {"name": f"tools{number}"}).ok()
            tried.append(owner.post(f"/api/v1/project/tools{number}/members", wanted).status)

        assert tried == [202] * 10 + [429] * 2
        other = client.as_(builders.person(app, "other").token)
        other.post("/api/v1/projects", {"name": "toys"}).ok()
        elsewhere = {"REMOTE_ADDR": "198.51.100.1"}
        answer = other.post("/api/v1/project/toys/members", wanted, environ_overrides=elsewhere)
        assert answer.status == 202


class TestRemoving:
    def test_who_is_removed_is_out_at_once(self, shop: Workshop) -> None:
        assert shop.reader.get(shop.url("/tags")).status == 200

        assert shop.maintainer.delete(url_of(shop, "reader")).status == 204

        assert shop.reader.get(shop.url("/tags")).status == 404
        assert "reader" not in roles(shop)

    def test_a_second_time_there_is_nobody(self, shop: Workshop) -> None:
        shop.owner.delete(url_of(shop, "reader")).ok()

        assert shop.owner.delete(url_of(shop, "reader")).status == 404

    def test_a_maintainer_does_not_remove_an_owner(self, shop: Workshop) -> None:
        assert shop.maintainer.delete(url_of(shop, "owner")).status == 403
        assert "owner" in roles(shop)

    def test_a_user_who_is_deleted_is_no_member_any_more(
        self, shop: Workshop, client: ApiClient, make_person: MakePerson
    ) -> None:
        root = client.as_(make_person("root", is_admin=True).token)

        root.delete(f"/api/v1/users/{shop.people['writer'].id}").ok()

        assert "writer" not in roles(shop)


class TestTheLastOwner:
    def test_they_cannot_leave(self, shop: Workshop) -> None:
        answer = shop.owner.delete(url_of(shop, "owner"))

        assert (answer.status, answer.reason) == (409, "conflict")
        assert roles(shop)["owner"] == "owner"

    @pytest.mark.parametrize("role", ROLES[:3])
    def test_they_cannot_step_down(self, shop: Workshop, role: str) -> None:
        assert give(shop.owner, shop, "owner", role).status == 409
        assert roles(shop)["owner"] == "owner"

    def test_not_even_an_administrator_takes_them_away(
        self, shop: Workshop, client: ApiClient, make_person: MakePerson
    ) -> None:
        root = client.as_(make_person("root", is_admin=True).token)

        assert root.delete(url_of(shop, "owner")).status == 409
        assert give(root, shop, "owner", "reader").status == 409
        assert root.delete(f"/api/v1/users/{shop.people['owner'].id}").status == 409

    def test_one_of_two_may_go(self, shop: Workshop) -> None:
        give(shop.owner, shop, "stranger", "owner").ok()

        assert shop.owner.delete(url_of(shop, "owner")).status == 204

        assert shop.stranger.delete(url_of(shop, "stranger")).status == 409
        assert shop.owner.get(members_url(shop)).status == 404

    def test_an_owner_may_be_an_owner_again(self, shop: Workshop) -> None:
        give(shop.owner, shop, "owner", "owner").ok()
