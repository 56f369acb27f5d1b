"""Logins of npm by a page, as npm begins them and a browser goes on with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.client import Answer, ApiClient

SEAL = re.compile(r'name="seal" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class BegunPage:
    """Where the page is, and where npm asks whether somebody has answered it."""

    page: str
    done: str


def begun_login(client: ApiClient, project: str, **said: Any) -> BegunPage:
    """Begin a login as npm does."""
    answer = client.as_(None).post(f"/npm/{project}/-/v1/login", said or {"hostname": "laptop"}).ok()
    return BegunPage(path_of(answer.data["loginUrl"]), path_of(answer.data["doneUrl"]))


def path_of(url: str) -> str:
    """Return the path of an address."""
    return urlsplit(url).path


@dataclass(frozen=True, slots=True)
class OpenedPage:
    """A page in a browser: its form, and the cookie that came with it."""

    path: str
    answer: Answer
    seal: str
    cookies: Mapping[str, str] = field(default_factory=dict)

    def filled(self, name: str, password: str, code: str = "", **changes: str) -> dict[str, Any]:
        """Return the options of the request that a browser sends; `changes` are of its fields."""
        fields = {"seal": self.seal, "name": name, "password": password, "code": code, **changes}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Sec-Fetch-Site": "same-origin",
        }
        return {"data": urlencode(fields), "headers": headers}


def opened_page(client: ApiClient, path: str, **options: Any) -> OpenedPage:
    """Open a page in a browser."""
    answer = client.as_(None).get(path, **options)
    found = SEAL.search(answer.body.decode())
    cookies = SimpleCookie(answer.headers.get("Set-Cookie", ""))
    return OpenedPage(
        path, answer, found[1] if found else "", {name: each.value for name, each in cookies.items()}
    )


def answered(client: ApiClient, page: OpenedPage, name: str, password: str, code: str = "") -> Answer:
    """Fill a page in and send it."""
    return client.as_(None).request("POST", page.path, **page.filled(name, password, code))
