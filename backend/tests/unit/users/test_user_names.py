"""User names are unique: whoever asks for one that is taken is told, and no more than that."""

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.client import ApiClient, sender
from tests.support.logins import AddUser, SignedIn
from wxcloudrun.kit.db import reading
from wxcloudrun.users.reads import person_called
from wxcloudrun.users.rules import check_called

REGISTER, USERS = "/api/v1/auth/register", "/api/v1/users"
PASSWORD = "a password of four words"


@pytest.mark.parametrize("name", ["grace", "GRACE", "\uff47race", "gr\u034face"])
@pytest.mark.parametrize("email", ["ada@example.com", "new@example.com"])
def test_given_a_name_that_is_taken_then_nobody_signs_up_with_it_and_learns_of_no_address(
    app_with: AppWith, name: str, email: str
) -> None:
    client = ApiClient(sender(app_with(REGISTRATION_ENABLED="true", RATELIMIT_REGISTER="off")))
    for username in ("ada", "grace"):
        body = {"email": f"{username}@example.com", "username": username, "password": PASSWORD}
        client.post(REGISTER, body).ok()

    answer = client.post(REGISTER, {"email": email, "username": name, "password": PASSWORD})

    assert (answer.status, answer.reason, answer.data["field"]) == (409, "conflict", "username")
    assert answer.msg == "a user has this name, or one that differs in case or spelling alone"
    assert client.post(REGISTER, {"email": "new@example.com", "password": PASSWORD}).status == 201


def test_given_no_name_then_a_free_one_is_made(app_with: AppWith) -> None:
    client = ApiClient(sender(app_with(REGISTRATION_ENABLED="true", RATELIMIT_REGISTER="off")))
    wanted = [{"email": f"grace@{host}.com", "password": PASSWORD} for host in ("one", "two", "three")]

    names = [client.post(REGISTER, each).ok().data["username"] for each in wanted]

    assert names[0] == "grace"
    assert len(set(names)) == 3
    assert all(name.startswith("grace-") and len(name) == len("grace-") + 6 for name in names[1:])


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_given_a_name_that_is_taken_then_no_administrator_gives_it(
    root: SignedIn, ada: SignedIn, method: str
) -> None:
    body = {"username": "ADA", "email": "bob@example.com"}

    answer = root.call(method, USERS if method == "POST" else f"{USERS}/{root.user_id}", body)

    assert (answer.status, answer.data["field"]) == (409, "username")
    assert root.call("GET", f"{USERS}/{root.user_id}").data["username"] == "root"
    assert root.call("GET", f"{USERS}/{ada.user_id}").data["username"] == "ada"


def test_given_ones_own_name_in_another_case_then_it_is_no_conflict(root: SignedIn, ada: SignedIn) -> None:
    answer = root.call("PATCH", f"{USERS}/{ada.user_id}", {"username": "Ada"})

    assert (answer.status, answer.data["username"]) == (200, "Ada")


def test_given_a_name_that_was_given_back_then_another_may_have_it(
    root: SignedIn, ada: SignedIn, add_user: AddUser
) -> None:
    bob = add_user("bob@example.com")
    assert root.call("PATCH", f"{USERS}/{bob}", {"username": "robert"}).status == 200
    assert root.call("DELETE", f"{USERS}/{ada.user_id}").status == 204

    for name in ("bob", "ada"):
        body = {"username": name, "email": f"another-{name}@example.com"}
        assert root.call("POST", USERS, body).status == 201


def test_given_a_name_or_an_address_then_it_is_the_person(app: Flask, ada: SignedIn) -> None:
    with app.app_context(), reading() as session:
        found = [
            person_called(session, check_called(called))
            for called in ("ada", "ADA", "Ada@Example.com", "bob", "bob@example.com")
        ]

    assert [user and user.id for user in found] == [ada.user_id] * 3 + [None] * 2
