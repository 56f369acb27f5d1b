"""What administrators do with users, and what users do with their password."""

from typing import Any

import pytest
from flask import Flask

from tests.support.client import ApiClient
from tests.support.logins import PASSWORD, AddUser, LogIn, SignedIn, add_project
from wxcloudrun.kit.errors import Conflict
from wxcloudrun.users.service.users import UserService

USERS = "/api/v1/users"
ME = "/api/v1/auth/me"
PASSWORD_URL = "/api/v1/auth/password"


def test_an_administrator_makes_a_user_who_can_log_in(root: SignedIn, log_in: LogIn) -> None:
    body = {"username": "Bob", "email": "Bob@Example.com", "password": "another long one"}

    answer = root.call("POST", USERS, body)

    user = answer.data
    assert answer.status == 201
    assert (user["username"], user["email"], user["is_admin"]) == ("Bob", "bob@example.com", False)
    assert root.call("GET", f"{USERS}/{user['id']}").data == user
    assert log_in("bob@example.com", "another long one").user_id == user["id"]


def test_a_user_without_password_logs_in_once_they_are_given_one(
    client: ApiClient, root: SignedIn, log_in: LogIn
) -> None:
    user_id = root.call("POST", USERS, {"username": "Bob", "email": "bob@example.com"}).data["id"]
    attempt = client.post("/api/v1/auth/login", json={"email": "bob@example.com", "password": PASSWORD})
    assert attempt.status == 401

    root.call("PATCH", f"{USERS}/{user_id}", {"password": "another long one"})

    assert log_in("bob@example.com", "another long one").user_id == user_id


def test_users_are_listed_in_pages(root: SignedIn, add_user: AddUser) -> None:
    ids = [root.user_id, *(add_user(f"user{number}@example.com") for number in range(3))]

    first = root.call("GET", f"{USERS}?limit=3").data
    second = root.call("GET", f"{USERS}?limit=3&cursor={first['next_cursor']}").data

    assert [user["id"] for user in first["items"] + second["items"]] == ids


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", USERS, None),
        ("POST", USERS, {"username": "x", "email": "x@example.com"}),
        ("GET", f"{USERS}/1", None),
        ("PATCH", f"{USERS}/1", {"is_admin": True}),
        ("DELETE", f"{USERS}/1", None),
    ],
)
def test_only_administrators_administer(
    client: ApiClient, ada: SignedIn, method: str, path: str, body: Any
) -> None:
    assert client.request(method, path, json=body).status == 401
    answer = ada.call(method, path, body)
    assert (answer.status, answer.reason) == (403, "forbidden")
    assert ada.call("GET", ME).data["is_admin"] is False


@pytest.mark.parametrize("change", [{"username": "New"}, {"email": "new@example.com"}, {"is_admin": True}])
def test_a_change_changes_what_is_given(root: SignedIn, ada: SignedIn, change: dict[str, Any]) -> None:
    before = root.call("GET", f"{USERS}/{ada.user_id}").data

    answer = root.call("PATCH", f"{USERS}/{ada.user_id}", change)

    assert (answer.status, answer.data) == (200, {**before, **change})


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.usefixtures("ada")
def test_a_taken_address_is_a_conflict(root: SignedIn, method: str) -> None:
    path = USERS if method == "POST" else f"{USERS}/{root.user_id}"
    body = {"username": "x", "email": "ADA@example.com"}

    assert root.call(method, path, body).status == 409


def test_keeping_ones_own_address_is_no_conflict(root: SignedIn) -> None:
    assert root.call("PATCH", f"{USERS}/{root.user_id}", {"email": "root@example.com"}).status == 200


@pytest.mark.same_everywhere
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("user_id", ["999", "x", "-1"])
def test_a_user_who_is_not_there_is_404(root: SignedIn, method: str, user_id: str) -> None:
    body: dict[str, Any] | None = {} if method == "PATCH" else None

    assert root.call(method, f"{USERS}/{user_id}", body).status == 404


@pytest.mark.parametrize(
    ("method", "body"),
    [("DELETE", None), ("PATCH", {"is_admin": False}), ("PATCH", {"is_active": False})],
)
def test_the_last_active_administrator_stays(
    root: SignedIn, add_user: AddUser, method: str, body: dict[str, Any] | None
) -> None:
    add_user("former@example.com", is_admin=True, is_active=False)

    answer = root.call(method, f"{USERS}/{root.user_id}", body)

    assert (answer.status, answer.reason) == (409, "conflict")
    me = root.call("GET", ME).data
    assert (me["is_admin"], me["is_active"]) == (True, True)


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [("DELETE", None, 204), ("PATCH", {"is_admin": False}, 200), ("PATCH", {"is_active": False}, 200)],
)
def test_one_of_two_administrators_may_go(
    root: SignedIn, add_user: AddUser, method: str, body: dict[str, Any] | None, status: int
) -> None:
    add_user("second@example.com", is_admin=True)

    assert root.call(method, f"{USERS}/{root.user_id}", body).status == status


def test_a_demoted_administrator_is_none_at_the_next_request(
    root: SignedIn, add_user: AddUser, log_in: LogIn
) -> None:
    add_user("second@example.com", is_admin=True)
    second = log_in("second@example.com")

    root.call("PATCH", f"{USERS}/{second.user_id}", {"is_admin": False})

    assert second.call("GET", USERS).status == 403


def test_who_was_deactivated_logs_in_anew_after_coming_back(
    client: ApiClient, root: SignedIn, ada: SignedIn, log_in: LogIn
) -> None:
    root.call("PATCH", f"{USERS}/{ada.user_id}", {"is_active": False})
    root.call("PATCH", f"{USERS}/{ada.user_id}", {"is_active": True})

    assert client.get(ME, headers=ada.bearer).status == 401
    assert log_in().user_id == ada.user_id


def test_a_deleted_user_is_gone_with_all_credentials(
    client: ApiClient, root: SignedIn, ada: SignedIn
) -> None:
    key = ada.make_key()["key"]

    answer = root.call("DELETE", f"{USERS}/{ada.user_id}")

    assert (answer.status, answer.body) == (204, b"")
    for headers in (ada.bearer, ada.browser, {"Authorization": f"Bearer {key}"}):
        assert client.get(ME, headers=headers).status == 401


def test_the_id_of_a_deleted_user_is_not_given_away_again(root: SignedIn, ada: SignedIn) -> None:
    root.call("DELETE", f"{USERS}/{ada.user_id}")

    made = root.call("POST", USERS, {"username": "x", "email": "x@example.com"}).data

    assert made["id"] > ada.user_id


def test_who_alone_owns_a_project_stays(app: Flask, root: SignedIn, ada: SignedIn) -> None:
    add_project(app, "shop", ada.user_id)

    answer = root.call("DELETE", f"{USERS}/{ada.user_id}")

    assert (answer.status, answer.data["projects"]) == (409, ["shop"])


# --- One's own password ----------------------------------------------------------------------------


def test_a_new_password_ends_every_other_session(client: ApiClient, ada: SignedIn, log_in: LogIn) -> None:
    other = log_in()
    body = {"current_password": PASSWORD, "new_password": "another long one"}

    answer = ada.call("PUT", PASSWORD_URL, body)

    assert (answer.status, answer.data) == (200, {})
    assert client.get(ME, headers=ada.bearer).status == 200
    assert client.get(ME, headers=other.bearer).status == 401
    assert client.get(ME, headers=other.browser).status == 401
    refreshed = client.post("/api/v1/auth/refresh", json={"refresh_token": other.refresh_token})
    assert refreshed.status == 401
    old = client.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
    assert old.status == 401
    assert log_in("ada@example.com", "another long one").user_id == ada.user_id


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"current_password": "wrong password", "new_password": "another long one"}, 403),
        ({"current_password": PASSWORD, "new_password": "short"}, 422),
        ({"new_password": "another long one"}, 422),
    ],
)
def test_a_refused_change_changes_nothing(
    ada: SignedIn, log_in: LogIn, body: dict[str, str], status: int
) -> None:
    other = log_in()

    assert ada.call("PUT", PASSWORD_URL, body).status == status
    assert other.call("GET", ME).status == 200
    assert log_in().user_id == ada.user_id


def test_a_key_without_the_admin_scope_cannot_change_the_password(client: ApiClient, ada: SignedIn) -> None:
    key = ada.make_key()["key"]
    body = {"current_password": PASSWORD, "new_password": "another long one"}

    answer = client.put(PASSWORD_URL, json=body, headers={"Authorization": f"Bearer {key}"})

    assert answer.status == 403


def test_a_session_can_give_itself_back(client: ApiClient, ada: SignedIn) -> None:
    answer = client.delete("/api/v1/auth/token", headers=ada.browser)

    assert (answer.status, answer.body) == (204, b"")
    assert "session_id=;" in answer.headers["Set-Cookie"]
    assert client.get(ME, headers=ada.browser).status == 401
    assert client.get(ME, headers=ada.bearer).status == 401


# --- The first administrator -----------------------------------------------------------------------


def test_the_first_administrator_is_made_once(app: Flask, log_in: LogIn) -> None:
    users: UserService = app.extensions["services"][UserService]
    with app.app_context():
        assert users.ensure_administrator("Admin@localhost.localdomain", PASSWORD) is True
        assert users.ensure_administrator("admin@localhost.localdomain", "some other password") is False
        user_id = users.administrator_id("admin@localhost.localdomain")

    admin = log_in("admin@localhost.localdomain", PASSWORD)
    assert admin.user_id == user_id
    assert admin.call("GET", USERS).status == 200


def test_whoever_signed_up_with_that_address_first_does_not_become_one(app: Flask, ada: SignedIn) -> None:
    users: UserService = app.extensions["services"][UserService]
    with app.app_context(), pytest.raises(Conflict):
        users.ensure_administrator("ada@example.com", PASSWORD)

    assert ada.call("GET", ME).data["is_admin"] is False
