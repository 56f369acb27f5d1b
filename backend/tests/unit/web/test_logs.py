"""One line of JSON for each request, and in none of them anything that opens a door."""

import base64
import json
import logging

import pytest
from flask import Flask, Response

from tests.support.builders import key
from tests.support.client import ApiClient
from tests.support.logged import Log
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.security import EVERY_SCOPE, Actor, CredentialKind, Scope
from wxcloudrun.users.models import User
from wxcloudrun.users.service.passwords import Passwords
from wxcloudrun.web.envelope import ok

EMAIL, PASSWORD = "ada@example.com", "a-password-nobody-should-read"


@pytest.fixture
def user_id(probe: Flask) -> int:
    """Somebody with a password."""
    with probe.app_context(), transaction() as tx:
        user = User(
            email=EMAIL, username="ada", password_hash=Passwords().hash(PASSWORD), created_at=clock.now()
        )
        tx.session.add(user)
        tx.session.flush()
        return user.id


class TestRequests:
    @pytest.mark.parametrize(
        ("method", "url", "status", "route"),
        [
            ("GET", "/probe/nothing", 200, "/probe/nothing"),
            ("POST", "/probe/things", 415, "/probe/things"),
            ("GET", "/probe/refuses", 409, "/probe/refuses"),
            ("GET", "/probe/fails", 500, "/probe/fails"),
            ("DELETE", "/probe/nothing", 405, None),
            ("GET", "/nowhere", 404, None),
            ("GET", "/api/v1/projects", 401, "/api/v1/projects"),
        ],
    )
    def test_each_leaves_one_line(
        self, probing: ApiClient, log: Log, method: str, url: str, status: int, route: str | None
    ) -> None:
        probing.request(method, url, headers={"X-Request-ID": "mine"})

        (entry,) = log.of("request")
        assert (entry["method"], entry["route"], entry["status"]) == (method, route, status)
        assert entry["request_id"] == "mine"
        assert entry["level"] == "INFO"
        assert entry["at"]
        assert 0 <= entry["duration_seconds"] < 60

    def test_a_line_says_who_it_was_and_what_stood_in_the_url(self, probe_owner: ApiClient, log: Log) -> None:
        me = probe_owner.get("/api/v1/auth/me").ok().data["id"]
        probe_owner.get("/api/v1/project/tools/packages/hammer")

        entry = log.of("request")[-1]
        assert entry["user_id"] == me
        assert entry["arguments"] == {"project": "tools", "package": "hammer"}

    def test_nobody_is_nobody(self, probing: ApiClient, log: Log) -> None:
        probing.get("/probe/nothing")

        assert log.of("request")[0]["user_id"] is None

    def test_what_a_client_makes_up_cannot_break_a_line(self, probe_owner: ApiClient, log: Log) -> None:
        probe_owner.get('/api/v1/project/a%0A{"event":"request"}%0A')

        (entry,) = log.of("request")
        assert entry["arguments"]["project"] == 'a\n{"event":"request"}\n'


class TestSecrets:
    def test_a_login_leaves_neither_password_nor_token_nor_cookie(
        self, probing: ApiClient, log: Log, user_id: int
    ) -> None:
        login = probing.post("/api/v1/auth/login", {"email": EMAIL, "password": PASSWORD}).ok()
        access, refresh = login.data["access_token"], login.data["refresh_token"]
        cookie = login.headers["Set-Cookie"].split("=", 1)[1].split(";")[0]
        as_user = probing.as_(access)
        assert as_user.get("/api/v1/auth/me").ok().data["id"] == user_id
        probing.post("/api/v1/auth/refresh", {"refresh_token": refresh}).ok()
        as_user.put("/api/v1/auth/password", json={"current_password": PASSWORD, "new_password": "short"})
        probing.get("/api/v1/auth/me", headers={"Cookie": f"session_id={cookie}"}).ok()
        probing.post("/api/v1/auth/login", {"email": EMAIL, "password": PASSWORD + "x"})
        probing.post("/api/v1/auth/login", {"email": EMAIL, "password": [PASSWORD]})

        assert len(log.of("request")) == 7
        assert_none_of(log, PASSWORD, access, refresh, cookie)

    def test_an_api_key_is_not_seen_however_it_is_presented(
        self, probe: Flask, probing: ApiClient, log: Log, user_id: int
    ) -> None:
        nobody = CredentialKind.NONE
        actor = Actor(user_id, is_admin=False, scopes=EVERY_SCOPE, credential=nobody, has_proved=True)
        secret = key(probe, actor, frozenset(Scope))
        basic = base64.b64encode(f"any:{secret}".encode()).decode()
        made = probing.as_(secret).post("/api/v1/auth/keys", {"name": "another"}).ok().data["key"]
        for header in (f"Bearer {secret}", f"Basic {basic}", f"Bearer {secret}x", secret):
            probing.get("/api/v1/auth/me", headers={"Authorization": header})
        probing.get("/api/v1/auth/me", query={"key": secret})

        assert_none_of(log, secret, basic, made)

    def test_a_signed_link_is_not_seen(self, probe_owner: ApiClient, log: Log) -> None:
        probe_owner.post("/api/v1/projects", {"name": "tools"}).ok()
        probe_owner.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()
        probe_owner.put("/api/v1/project/tools/hammer/upload/a.bin", b"bytes", query={"tag": "t"}).ok()
        link = (
            probe_owner.get("/api/v1/project/tools/hammer/+/t", query={"mode": "presigned"}).ok().data["url"]
        )
        token = link.rsplit("/", 1)[1]
        path = f"/api/v1/blobs/{token}"

        assert probe_owner.as_(None).get(path).ok().body == b"bytes"
        probe_owner.as_(None).get(path + "/x")
        probe_owner.as_(None).get(path + "x")

        assert_none_of(log, token)

    def test_what_was_to_be_stored_is_not_in_the_trace_of_a_failure(
        self, probe: Flask, probing: ApiClient, log: Log, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secret = "a-hash-that-should-stay-in-the-database"

        def stumble() -> Response:
            with transaction() as tx:
                tx.session.add_all(
                    User(email=EMAIL, username="x", password_hash=secret, created_at=clock.now())
                    for _ in range(2)
                )
            return ok()

        monkeypatch.setitem(probe.view_functions, "probe.nothing", stumble)
        assert probing.get("/probe/nothing").status == 500

        assert "IntegrityError" in log.text
        assert_none_of(log, secret)


def assert_none_of(log: Log, *secrets: str) -> None:
    """Fail if a secret, or most of one, stands in the log."""
    assert log.entries
    for secret in secrets:
        assert len(secret) > 8
        assert secret[4:] not in log.text


def test_libraries_that_narrate_everything_are_kept_short(probe: Flask) -> None:
    del probe
    for name in ("urllib3", "werkzeug", "python_multipart"):
        assert logging.getLogger(name).getEffectiveLevel() >= logging.ERROR


def test_an_event_with_facts_is_one_line(log: Log) -> None:
    logging.getLogger("anywhere").warning("event_name", extra={"text": "two\nlines", "number": 3})

    assert log.text.count("\n") == 1
    assert json.loads(log.text) == log.entries[0]
    assert log.entries[0]["text"] == "two\nlines"
    assert log.entries[0]["logger"] == "anywhere"
