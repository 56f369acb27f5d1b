"""A credential that ends while a body comes: whatever way it comes, it is refused, and nothing stays."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, override

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support.client import ApiClient
from tests.support.inside import Inside
from tests.support.logins import SignedIn
from tests.support.registry import Workshop
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock
from wxcloudrun.upload_sessions.models import SessionPart
from wxcloudrun.uploads.models import Upload
from wxcloudrun.users.models import User

API = "/api/v1"
BODY = b"x" * 140_000
TUS = {"Tus-Resumable": "1.0.0"}
APPEND = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}


class EventfulBody(io.BytesIO):
    """A body in the middle of which something happens."""

    def __init__(self, data: bytes, happens: Callable[[], object]) -> None:
        super().__init__(data)
        self._half, self._happens, self._has_happened = len(data) // 2, happens, False

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        rest = self._half - self.tell()
        if rest > 0:
            return super().read(rest if size is None or size < 0 else min(size, rest))
        if not self._has_happened:
            self._has_happened = True
            self._happens()
        return super().read(size)

    @override
    def readinto(self, buffer: Any, /) -> int:
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A request with a body, ready to be sent."""

    client: ApiClient
    method: str
    url: str
    body: bytes = BODY
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(self, happens: Callable[[], object]) -> int:
        """Send it, let something happen in the middle of it, and return the status."""
        stream = EventfulBody(self.body, happens)
        return self.client.request(
            self.method, self.url, input_stream=stream, headers=dict(self.headers)
        ).status


def raw(client: ApiClient, url: str) -> OnItsWay:
    """As a raw body."""
    return OnItsWay(client, "PUT", f"{url}/upload/a.bin")


def form(client: ApiClient, url: str) -> OnItsWay:
    """In a form."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    return OnItsWay(client, "POST", f"{url}/upload", head + BODY + b"\r\n--b--\r\n", kind)


def part(client: ApiClient, url: str) -> OnItsWay:
    """As the part of an upload session."""
    begun = client.post(f"{url}/uploads/sessions", {"filename": "a.bin", "size": len(BODY)}).ok().data
    return OnItsWay(client, "PUT", f"{begun['url']}/parts/1")


def part_by_token(client: ApiClient, url: str) -> OnItsWay:
    """The same, with the token of the session."""
    begun = client.post(f"{url}/uploads/sessions", {"filename": "a.bin", "size": len(BODY)}).ok().data
    return OnItsWay(client.as_(begun["token"]), "PUT", f"{begun['url']}/parts/1")


def tus(client: ApiClient, url: str) -> OnItsWay:
    """As a tus client does."""
    length = {"Upload-Length": str(len(BODY))}
    begun = client.post(url.replace(f"{API}/project/", "/tus/"), headers=TUS | length).ok()
    return OnItsWay(client, "PATCH", begun.headers["Location"], headers=APPEND)


WAYS = {"raw": raw, "form": form, "part": part, "part by token": part_by_token, "tus": tus}


@dataclass(frozen=True, slots=True)
class WriterScene:
    """A writer who sends something, and all that may happen to them meanwhile."""

    inside: Inside
    shop: Workshop
    administrator: ApiClient

    @property
    def writer_id(self) -> int:
        """Who sends."""
        return self.shop.people["writer"].id

    @property
    def member_url(self) -> str:
        """Where they are a member."""
        return f"{API}/project/{self.shop.project}/members/{self.writer_id}"

    def change_keys(self, **values: Any) -> None:
        """Change their keys beside the service."""
        self.inside.change(update(ApiKey).where(ApiKey.user_id == self.writer_id).values(**values))

    def revoke(self) -> None:
        """Their key is revoked."""
        self.change_keys(revoked_at=clock.now())

    def expire(self) -> None:
        """Their key comes to its end."""
        self.change_keys(expires_at=clock.now() - timedelta(seconds=1))

    def deactivate(self) -> None:
        """They are deactivated."""
        self.inside.change(update(User).where(User.id == self.writer_id).values(is_active=False))

    def demote(self) -> None:
        """They become a reader."""
        self.shop.owner.request("PUT", self.member_url, json={"role": "reader"}).ok()

    def remove(self) -> None:
        """They are taken out of the project."""
        self.shop.owner.delete(self.member_url).ok()

    def delete_user(self) -> None:
        """They are deleted."""
        self.administrator.delete(f"{API}/users/{self.writer_id}").ok()

    def delete_project(self) -> None:
        """The project is deleted."""
        self.shop.owner.delete(f"{API}/project/{self.shop.project}?force=true").ok()


ENDINGS: Mapping[str, tuple[Callable[[WriterScene], None], int]] = {
    "revoked": (WriterScene.revoke, 401),
    "expired": (WriterScene.expire, 401),
    "deactivated": (WriterScene.deactivate, 401),
    "deleted": (WriterScene.delete_user, 401),
    "demoted": (WriterScene.demote, 403),
    "removed": (WriterScene.remove, 404),
    "project deleted": (WriterScene.delete_project, 404),
}
ERASES = {"deleted", "project deleted"}  # also what was there before


@pytest.fixture
def scene(app: Flask, shop: Workshop, administrator: ApiClient) -> WriterScene:
    """Everybody is there."""
    return WriterScene(Inside(app), shop, administrator)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("way", WAYS)
def test_given_a_credential_that_ends_in_the_middle_of_a_body_then_nothing_of_it_is_kept(
    scene: WriterScene, remains: Callable[[], dict[str, int]], way: str, ending: str
) -> None:
    end, status = ENDINGS[ending]
    sending = WAYS[way](scene.shop.writer, scene.shop.url())
    before = remains()

    assert sending.send(lambda: end(scene)) == status

    if ending not in ERASES:
        assert remains() == before
    assert scene.inside.count(Upload) == scene.inside.count(Artifact) == 0
    assert scene.inside.count(SessionPart, SessionPart.sha256.is_not(None)) == 0


@pytest.mark.parametrize("way", WAYS)
def test_given_nothing_happens_then_the_body_is_taken(scene: WriterScene, way: str) -> None:
    sending = WAYS[way](scene.shop.writer, scene.shop.url())

    assert sending.send(lambda: None) in {200, 204}


def test_given_an_administrator_who_is_none_any_more_then_what_they_send_is_refused(
    scene: WriterScene, remains: Callable[[], dict[str, int]]
) -> None:
    demoted = scene.inside.person("root", is_admin=True)
    sending = raw(scene.inside.client.as_(demoted.token), scene.shop.url())
    before = remains()

    status = sending.send(
        lambda: scene.inside.change(update(User).where(User.id == demoted.id).values(is_admin=False))
    )

    assert (status, remains()) == (404, before)


def test_given_a_body_that_takes_longer_than_a_request_may_then_nothing_of_it_is_kept(
    scene: WriterScene, remains: Callable[[], dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = raw(scene.shop.writer, scene.shop.url())
    before, began = remains(), clock.monotonic()
    passed = 0

    def a_day_passes() -> None:
        nonlocal passed
        passed = 86_400

    monkeypatch.setattr(clock, "monotonic", lambda: began + passed)

    assert sending.send(a_day_passes) == 400
    assert remains() == before


@pytest.fixture
def login_of_writer(scene: WriterScene, ada: SignedIn) -> SignedIn:
    """Somebody who writes in the project, logged in."""
    scene.shop.let_in("ada@example.com", "writer")
    return ada


@pytest.mark.parametrize("way", WAYS)
def test_given_a_logout_in_the_middle_of_a_body_then_nothing_of_it_is_kept(
    scene: WriterScene, login_of_writer: SignedIn, remains: Callable[[], dict[str, int]], way: str
) -> None:
    sending = WAYS[way](scene.inside.client.as_(login_of_writer.access_token), scene.shop.url())
    before = remains()

    status = sending.send(lambda: login_of_writer.call("POST", f"{API}/auth/logout").ok())

    assert (status, remains()) == (401, before)
