"""A whole run through everything that takes or gives a secret; the log must hold none of them."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from requests_mock import Mocker

from tests.support import builders, wechat
from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.support.logins import cookie_of
from wxcloudrun.kit.logs import RequestIdFilter

PASSWORD, NEW_PASSWORD = "the password of ada", "the new password of ada"
WRONG, CODE = "what ada mistyped here", "code-from-wx-login-0123"
BEARER_ERROR = "wxr_a-key-that-does-not-exist-at-all-0123456789"
SETTINGS = {
    **wechat.SETTINGS,
    "LOG_LEVEL": "DEBUG",
    "ADMIN_PASSWORD": "the administrator's own password",
    "JWT_PREVIOUS_SECRET_KEY": "the-key-before-that-signed-tokens-until-yesterday",
    "REDIS_URL": "redis://:the-password-of-redis@127.0.0.1:9/0",
}


class Everything(logging.Formatter):
    """Writes all that a record holds, whatever the real format leaves out."""

    def format(self, record: logging.LogRecord) -> str:
        return f"{super().format(record)} {record.__dict__}"


@pytest.fixture
def log(make_app: MakeApp) -> Iterator[tuple[Flask, io.StringIO]]:
    """An application that logs everything, and what it logs."""
    app = make_app(**SETTINGS)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Everything())
    handler.addFilter(RequestIdFilter())
    handler.addFilter(lambda record: not record.name.startswith("requests_mock"))  # the test's own tool
    root = logging.getLogger()
    root.addHandler(handler)
    yield app, written
    root.removeHandler(handler)
    root.setLevel(logging.ERROR)


class Run:
    """Collects every secret on its way through the service."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self.secrets = {PASSWORD, NEW_PASSWORD, WRONG, CODE, BEARER_ERROR, wechat.SESSION_KEY, wechat.SECRET}

    def note(self, data: dict[str, Any]) -> dict[str, Any]:
        self.secrets |= {str(data[name]) for name in ("access_token", "refresh_token", "key") if name in data}
        return data

    def post(self, path: str, body: Any, **options: Any) -> Any:
        answer = self.client.post(path, body, **options)
        self.note(answer.data)
        return answer

    def people(self) -> ApiClient:
        """Sign up, fail, log in, refresh, change the password."""
        body = {"email": "ada@example.com", "password": PASSWORD}
        self.post("/api/v1/auth/register", body)
        self.post("/api/v1/auth/register", body)
        self.post("/api/v1/auth/login", {**body, "password": WRONG})
        login = self.post("/api/v1/auth/login", body).ok()
        self.secrets.add(cookie := cookie_of(login)["session_id"].value)
        self.client.get("/api/v1/auth/me", headers={"Cookie": f"session_id={cookie}"}).ok()
        self.post("/api/v1/auth/refresh", {"refresh_token": login.data["refresh_token"]}).ok()
        ada = self.client.as_(login.data["access_token"])
        change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        ada.request("PUT", "/api/v1/auth/password", json=change).ok()
        return ada

    def programs(self, ada: ApiClient) -> None:
        """Make a key, use it in every manner, move bytes with it, follow links, revoke it."""
        key = self.note(ada.post("/api/v1/auth/keys", {"name": "k"}).ok().data)["key"]
        program = self.client.as_(key)
        program.post("/api/v1/projects", {"name": "p"}).ok()
        program.post("/api/v1/project/p/packages", {"name": "k"}).ok()
        program.put("/api/v1/project/p/k/upload/a.bin", b"bytes", query={"tag": "t"}).ok()
        link = program.get("/api/v1/project/p/k/+/t", query={"mode": "presigned"}).ok().data["url"]
        token = str(link).rpartition("/")[2]
        self.secrets.add(token)
        self.client.get(f"/api/v1/blobs/{token}").ok()
        self.client.get(f"/api/v1/blobs/{token[:-4]}xxxx")
        self.client.as_(BEARER_ERROR).get("/api/v1/auth/me")
        rotated = self.note(ada.post("/api/v1/auth/keys/1/rotate", {}).ok().data)["key"]
        self.client.as_(rotated).delete("/api/v1/auth/token").ok()

    def wechat(self, ada: ApiClient, requests_mock: Mocker) -> None:
        """Log in and bind by WeChat, in good times and bad."""
        refusals = [wechat.refusal(errcode) for errcode in (40029, -1, 7)]
        for answer in (*refusals, {"no": wechat.SESSION_KEY}):
            requests_mock.get(wechat.URL, json=answer)
            self.post("/api/v1/auth/wechat", {"code": CODE})
        requests_mock.get(wechat.URL, text=f"<html>{wechat.SESSION_KEY}")
        self.post("/api/v1/auth/wechat", {"code": CODE})
        requests_mock.get(wechat.URL, exc=ConnectionError(f"{wechat.URL}?secret={wechat.SECRET}"))
        self.post("/api/v1/auth/wechat", {"code": CODE})
        requests_mock.get(wechat.URL, json=wechat.person(unionid=wechat.UNIONID))
        ada.request("PUT", "/api/v1/auth/wechat", json={"code": CODE}).ok()
        self.post("/api/v1/auth/wechat", {"code": CODE}).ok()


def test_no_secret_is_logged(log: tuple[Flask, io.StringIO], requests_mock: Mocker) -> None:
    app, written = log
    run = Run(ApiClient(sender(app)))
    ada = run.people()
    run.programs(ada)
    run.wechat(ada, requests_mock)
    # What a defect would show: the statement that failed, without what was to be stored.
    person = builders.person(app, "twice")
    run.secrets.add(person.token)
    settings = app.extensions["settings"]
    run.secrets |= {
        settings.jwt_secret_key.get_secret_value(),
        settings.api_key_secret.get_secret_value(),
        SETTINGS["ADMIN_PASSWORD"],
        SETTINGS["JWT_PREVIOUS_SECRET_KEY"],
        "the-password-of-redis",
    }

    text = written.getvalue()
    assert text.count("'event': 'request'") + text.count("'msg': 'request'") > 20, "it logged what happened"
    assert "wechat_refused" in text
    assert "limits_count_in_this_process_only" in text, "Redis was not there"
    leaked = {secret for secret in run.secrets if secret in text}
    assert leaked == set()
    assert len(run.secrets) >= 18
