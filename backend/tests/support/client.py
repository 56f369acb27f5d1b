"""A client that checks the envelope of every answer before a test looks at it."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

NO_BODY = frozenset({204, 301, 302, 304})
FACES = ("/pypi", "/npm", "/probe-problem", "/probe-error")  # where refusals are no envelopes
TURNS = "tests: whose turn it is"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose envelope has been checked; `data` and `msg` are empty for bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    data: dict[str, Any] = field(default_factory=dict)
    msg: str = ""

    @property
    def reason(self) -> str:
        """The slug of a refusal."""
        return str(self.data.get("reason", ""))

    @property
    def items(self) -> list[dict[str, Any]]:
        """The rows of a list."""
        rows: list[dict[str, Any]] = self.data["items"]
        return rows

    def ok(self) -> Self:
        """Return the answer if it is a success; the message shows what came instead."""
        assert self.status < 400, f"{self.status} {self.msg} {self.data}"
        return self


Send = Callable[..., Answer]


class ApiClient:
    """Sends requests as one caller. `as_` returns a client for another one."""

    def __init__(self, send: Send, token: str | None = None) -> None:
        self._send = send
        self._token = token

    def as_(self, token: str | None) -> "ApiClient":
        """Return the same client with another credential, None for an anonymous one."""
        return ApiClient(self._send, token)

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """Send one request; `json`, `data`, `query`, `headers`, `form` (a dict with a file)."""
        headers = dict(options.pop("headers", {}))
        if self._token is not None:
            headers.setdefault("Authorization", f"Bearer {self._token}")
        return self._send(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Answer:
        """GET."""
        return self.request("GET", path, **options)

    def all_items(self, path: str, *, limit: int = 200) -> list[dict[str, Any]]:
        """Return a whole list, page by page."""
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": limit}
        while True:
            page = self.get(path, query=query).ok()
            found += page.items
            if page.data["next_cursor"] is None:
                return found
            query["cursor"] = page.data["next_cursor"]

    def head(self, path: str, **options: Any) -> Answer:
        """HEAD."""
        return self.request("HEAD", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Answer:
        """POST, by default of a JSON body."""
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, data: bytes | Iterable[bytes] | None = None, **options: Any) -> Answer:
        """PUT, by default of a raw body."""
        return self.request("PUT", path, data=data, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> Answer:
        """PATCH of a JSON body."""
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        """DELETE."""
        return self.request("DELETE", path, **options)


def take_turns(*apps: Flask) -> None:
    """Let requests to the first of these applications go to each of them in turn."""
    apps[0].extensions[TURNS] = itertools.cycle(apps)


class FlaskAnswer(TestResponse, Response):  # type: ignore[misc]  # as Werkzeug itself joins them
    """What a test client answers with; Werkzeug makes such a class for each client that brings none."""


def sender(app: Flask) -> Send:
    """Return a way to send requests straight into an application, without a network."""
    turns: Iterator[Flask] = app.extensions.get(TURNS) or itertools.repeat(app)

    def send(method: str, path: str, **options: Any) -> Answer:
        options["query_string"] = options.pop("query", None)
        if form := options.pop("form", None):
            options["data"] = form
            options["content_type"] = "multipart/form-data"
        with FlaskClient(next(turns), FlaskAnswer, use_cookies=False) as client:
            response = client.open(path, method=method, **options)
            body = response.get_data()
            response.close()
            return checked(method, response.status_code, dict(response.headers), body, path)

    return send


def checked(method: str, status: int, headers: dict[str, str], body: bytes, path: str = "") -> Answer:
    """Check what the contract promises of every answer."""
    assert headers.get("X-Request-ID"), "every answer has a request id"
    if method == "HEAD" or status in NO_BODY:
        assert body == b"", "this answer has no body"
        return Answer(status, headers, body)
    if path.startswith(FACES):
        return checked_face(status, headers, body)
    if "Tus-Resumable" in headers:
        return checked_text(status, headers, body)
    if headers.get("Content-Type") != "application/json" or "X-Artifact-Id" in headers:
        assert status in {200, 206}, f"an answer with {status} that is no envelope: {body[:200]!r}"
        return Answer(status, headers, body)
    envelope = json.loads(body)
    if {"openapi", "paths"} <= set(envelope):  # the API description is a document of its own format
        return Answer(status, headers, body)
    assert set(envelope) == {"code", "data", "msg"}, envelope
    assert envelope["code"] == (1 if status < 400 else 0), "code agrees with the status"
    assert isinstance(envelope["data"], dict)
    if status >= 400:
        assert envelope["msg"], "a refusal says what to do"
        assert envelope["data"].get("reason"), "a refusal has a slug"
        assert headers.get("Content-Language") in {"en", "zh-CN"}, "a refusal is in a language"
        assert "Accept-Language" in headers.get("Vary", ""), "a cache has to know that there are others"
    else:
        assert envelope["msg"] == "success"
    return Answer(status, headers, body, envelope["data"], envelope["msg"])


def checked_text(status: int, headers: dict[str, str], body: bytes) -> Answer:
    """Check an answer of a protocol without an envelope: a refusal is a slug and a sentence."""
    if status < 400:
        assert body == b""
        return Answer(status, headers, body)
    assert headers.get("Content-Type") == "text/plain; charset=utf-8"
    assert headers.get("Content-Language") in {"en", "zh-CN"}, "a refusal is in a language"
    reason, _, sentence = body.decode().partition(": ")
    assert reason
    assert sentence.strip(), "a refusal says what to do"
    return Answer(status, headers, body, {"reason": reason}, sentence.strip())


def checked_face(status: int, headers: dict[str, str], body: bytes) -> Answer:
    """Check an answer in the language of a foreign client: a refusal has a slug and a sentence."""
    kind = headers.get("Content-Type", "")
    if status < 400:
        data = json.loads(body) if kind.endswith("json") else {}
        return Answer(status, headers, body, data if isinstance(data, dict) else {"items": data})
    assert headers.get("Content-Language") in {"en", "zh-CN"}, "a refusal is in a language"
    if kind == "text/html; charset=utf-8":  # for somebody in a browser
        return Answer(status, headers, body, {}, body.decode())
    assert kind in {"application/problem+json", "application/json"}, body[:200]
    refusal = json.loads(body)
    assert refusal["reason"], "a refusal has a slug"
    sentence = refusal["detail"] if kind.startswith("application/problem") else refusal["error"]
    assert sentence, "a refusal says what to do"
    return Answer(status, headers, body, refusal, sentence)
