"""A new password is not one that everybody tries, nor a name of the account; old ones go on working."""

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import update

from tests.support.apps import MakeApp
from tests.support.client import Answer, ApiClient, sender
from tests.support.logins import PASSWORD
from wxcloudrun.kit.db import atomically
from wxcloudrun.users.models import User

EMAIL, USERNAME = "ada.lovelace@engines.example.com", "countess"
GUESSABLE = ["password1", "Iloveyou!!", "12345678", EMAIL, "lovelace1815", "Countess-1815", "engines!!"]


@pytest.fixture
def service(make_app: MakeApp) -> Flask:
    """A service that is called `artifacts`."""
    return make_app(PUBLIC_URL="http://artifacts.example.com")


def registered(client: ApiClient, password: str) -> Answer:
    return client.post("/api/v1/auth/register", {"email": EMAIL, "username": USERNAME, "password": password})


def refused(answer: Answer, field: str) -> bool:
    return answer.status == 422 and [each["field"] for each in answer.data["errors"]] == [field]


@pytest.mark.same_everywhere
@pytest.mark.parametrize("password", [*GUESSABLE, "artifacts2026"])
def test_nobody_signs_up_with_one_that_is_guessed_first(service: Flask, password: str) -> None:
    client = ApiClient(sender(service))

    assert refused(registered(client, password), "password")
    assert registered(client, PASSWORD).status == 201


def administrator(service: Flask, client: ApiClient) -> str:
    """Let an administrator log in, who alone gives passwords to others; return the token."""
    login = {"email": "grace@example.com", "password": PASSWORD}
    client.post("/api/v1/auth/register", login).ok()
    with service.app_context():
        makes = update(User).where(User.email == login["email"]).values(is_admin=True)
        atomically(lambda tx: tx.session.execute(makes))
    return str(client.post("/api/v1/auth/login", login).ok().data["access_token"])


@pytest.mark.same_everywhere
def test_nobody_changes_to_one_and_no_administrator_gives_one(service: Flask) -> None:
    client = ApiClient(sender(service))
    user_id = registered(client, PASSWORD).ok().data["id"]
    given = client.post("/api/v1/auth/login", {"email": EMAIL, "password": PASSWORD}).ok()
    ada, root = client.as_(given.data["access_token"]), client.as_(administrator(service, client))
    other = {"email": "lovelace@example.com", "username": "lovelace"}

    for password in GUESSABLE:
        change = {"current_password": PASSWORD, "new_password": password}
        assert refused(ada.put("/api/v1/auth/password", json=change), "new_password"), password
        assert refused(root.patch(f"/api/v1/users/{user_id}", json={"password": password}), "password"), (
            password
        )
    assert refused(root.post("/api/v1/users", {**other, "password": "lovelace1815"}), "password")
    assert client.post("/api/v1/auth/login", {"email": EMAIL, "password": PASSWORD}).status == 200


@pytest.mark.same_everywhere
def test_given_an_account_whose_password_was_taken_before_then_it_still_opens(service: Flask) -> None:
    client = ApiClient(sender(service))
    registered(client, PASSWORD).ok()
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("password1")
    with service.app_context():
        atomically(lambda tx: tx.session.execute(update(User).values(password_hash=hashed)))

    answer = client.post("/api/v1/auth/login", {"email": EMAIL, "password": "password1"})

    assert answer.status == 200
