"""One valid request for each operation of npm about accounts: where it goes, and with what."""

from collections.abc import Callable, Mapping
from typing import Protocol

from tests.support.builders import Person
from tests.support.client import ApiClient
from tests.support.face_requests import FaceRequest
from tests.support.npm_pages import begun_login, opened_page

PASSWORD = "a password that everybody here has"


class AccountScene(Protocol):
    """A project, whoever calls, and somebody else who may have a password."""

    number: int
    presented: str

    @property
    def client(self) -> ApiClient:
        """An anonymous client."""

    def guest(self) -> Person:
        """Return somebody else."""

    def give_password(self, person: Person) -> None:
        """Let somebody have a password."""


def base_of(scene: AccountScene) -> str:
    """Return where the registry is."""
    return f"/npm/p{scene.number}/-"


def log_in(scene: AccountScene) -> FaceRequest:
    """Log in as the guest."""
    guest = scene.guest()
    scene.give_password(guest)
    body = {"name": guest.email, "password": PASSWORD}
    return f"{base_of(scene)}/user/org.couchdb.user:{guest.email}", {"json": body}


def fill_page(scene: AccountScene) -> FaceRequest:
    """Fill in the page of a login as the guest."""
    guest = scene.guest()
    scene.give_password(guest)
    page = opened_page(scene.client, begun_login(scene.client, f"p{scene.number}").page)
    return page.path, page.filled(guest.email, PASSWORD)


NPM_ACCOUNT_REQUESTS: Mapping[str, Callable[[AccountScene], FaceRequest]] = {
    "npm_ping": lambda s: (f"{base_of(s)}/ping", {}),
    "npm_whoami": lambda s: (f"{base_of(s)}/whoami", {}),
    "npm_profile": lambda s: (f"{base_of(s)}/npm/v1/user", {}),
    "npm_tokens": lambda s: (f"{base_of(s)}/npm/v1/tokens", {}),
    "npm_log_in": log_in,
    "npm_log_out": lambda s: (f"{base_of(s)}/user/token/{s.presented}", {}),
    "npm_begin_web_login": lambda s: (f"{base_of(s)}/v1/login", {"json": {"hostname": "laptop"}}),
    "npm_end_web_login": lambda s: (begun_login(s.client, f"p{s.number}").done, {}),
    "npm_login_page": lambda s: (begun_login(s.client, f"p{s.number}").page, {}),
    "npm_answer_login_page": fill_page,
}
