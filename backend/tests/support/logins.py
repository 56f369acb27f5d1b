"""People with passwords, ways to be one of them, and a clock that tests can move."""

from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

import pytest
from flask import Flask

from tests.support.client import Answer, ApiClient
from tests.support.shared_app import once
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.security import Role
from wxcloudrun.projects.models import Membership, Project
from wxcloudrun.users.models import User
from wxcloudrun.users.service.passwords import Passwords

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Hashing costs time on purpose: once is enough."""
    return Passwords().hash(PASSWORD)


@dataclass
class SignedIn:
    """Somebody who is logged in."""

    client: ApiClient
    user_id: int
    access_token: str
    refresh_token: str
    cookie: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that a program sends."""
        return {"Authorization": f"Bearer {self.access_token}"}

    @property
    def browser(self) -> dict[str, str]:
        """The header that a browser sends by itself."""
        return {"Cookie": f"session_id={self.cookie}"}

    def call(self, method: str, path: str, json: Any = None) -> Answer:
        """Send a request with the access token."""
        return self.client.request(method, path, json=json, headers=self.bearer)

    def make_key(self, **wish: Any) -> dict[str, Any]:
        """Make an API key and return the answer's data."""
        answer = self.call("POST", "/api/v1/auth/keys", {"name": "a key", **wish})
        return answer.ok().data


AddUser = Callable[..., int]
LogIn = Callable[..., SignedIn]


@pytest.fixture
def add_user(app: Flask, password_hash: str) -> AddUser:
    """Put a user into the database."""

    def add(email: str = "ada@example.com", **changes: Any) -> int:
        row = {
            "email": email,
            "username": email.partition("@")[0],
            "password_hash": password_hash,
            "created_at": clock.now(),
            **changes,
        }
        with app.app_context(), transaction() as tx:
            user = User(**row)
            tx.session.add(user)
            tx.session.flush()
            return user.id

    return add


@pytest.fixture
def log_in(client: ApiClient) -> LogIn:
    """Log somebody in who is there."""

    def go(email: str = "ada@example.com", password: str = PASSWORD) -> SignedIn:
        answer = client.post("/api/v1/auth/login", json={"email": email, "password": password})
        data = answer.ok().data
        return SignedIn(
            client=client,
            user_id=data["user"]["id"],
            access_token=data["access_token"],
            refresh_token=data["refresh_token"],
            cookie=cookie_of(answer)["session_id"].value,
        )

    return go


@pytest.fixture
def ada(app: Flask, add_user: AddUser, log_in: LogIn) -> SignedIn:
    """A user like any other, logged in."""

    def build() -> SignedIn:
        add_user()
        return log_in()

    return once(app, "ada", build)


@pytest.fixture
def root(app: Flask, add_user: AddUser, log_in: LogIn) -> SignedIn:
    """An administrator, logged in."""

    def build() -> SignedIn:
        add_user("root@example.com", is_admin=True)
        return log_in("root@example.com")

    return once(app, "root", build)


def add_project(app: Flask, name: str, owner_id: int) -> int:
    """Put a private project into the database."""
    with app.app_context(), transaction() as tx:
        project = Project(
            name=name, description="", is_public=False, created_at=clock.now(), created_by=owner_id
        )
        tx.session.add(project)
        tx.session.flush()
        tx.session.add(
            Membership(project_id=project.id, user_id=owner_id, role=Role.OWNER.value, created_at=clock.now())
        )
        return project.id


def cookie_of(answer: Answer) -> SimpleCookie:
    """Read the cookie that an answer sets."""
    return SimpleCookie(answer.headers["Set-Cookie"])
