"""People and programs on a running server, each with every kind of credential, and ways to end those."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import jwt

from tests.support.builders import numbers
from tests.support.client import ApiClient
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveServer
from wxcloudrun.secrecy.derived_keys import Purpose, ServerKeys
from wxcloudrun.sessions.controller import COOKIE
from wxcloudrun.sessions.service.tokens import AccessTokens

API = "/api/v1"
PASSWORD = "a password of a holder"
LONG_AGO = "2001-01-01 00:00:00.000000"
SETTINGS = {  # for a module of tests that log in often, and look back at a login of its beginning
    **{f"RATELIMIT_{name}": "off" for name in ("LOGIN", "LOGIN_ACCOUNT", "LOGIN_ADDRESS", "REFRESH")},
    "ACCESS_TOKEN_SECONDS": "86400",
    "PROOF_SECONDS": "86400",
}


@dataclass(slots=True)
class FullLogin:
    """A login, with all that it gives."""

    client: ApiClient
    access: str
    refresh: str
    cookie: str
    user_id: int

    @property
    def claims(self) -> dict[str, Any]:
        """What the access token says."""
        return jwt.decode(self.access, options={"verify_signature": False})


@dataclass(slots=True)
class HolderSite:
    """A server with an administrator who is logged in."""

    server: LiveServer
    administrator: ApiClient = field(init=False)

    def __post_init__(self) -> None:
        """Log the administrator in."""
        self.administrator = self.log_in(ADMIN_EMAIL, ADMIN_PASSWORD).client

    def log_in(self, email: str, password: str = PASSWORD) -> FullLogin:
        """Log somebody in."""
        answer = self.server.client().post(f"{API}/auth/login", {"email": email, "password": password}).ok()
        access, cookie = str(answer.data["access_token"]), answer.headers["Set-Cookie"]
        value = cookie.partition(f"{COOKIE}=")[2].partition(";")[0]
        client = self.server.client(access)
        return FullLogin(client, access, str(answer.data["refresh_token"]), value, answer.data["user"]["id"])

    def ask(self, statement: str, *values: object) -> Any:
        """Return the first value that a SELECT on the server's database finds."""
        with closing(sqlite3.connect(self.server.data_dir / "registry.db", timeout=30)) as database:
            row = database.execute(statement, values).fetchone()
        return None if row is None else row[0]

    def change(self, statement: str, *values: object) -> None:
        """Change rows beside the service."""
        with closing(sqlite3.connect(self.server.data_dir / "registry.db", timeout=30)) as database, database:
            database.execute(statement, values)

    def access_token(self, login: FullLogin, lifetime_seconds: int) -> str:
        """Return an access token of a login as the server would have signed it, with that much life left."""
        secret = (self.server.data_dir / "secrets" / "jwt_secret_key").read_text().strip()
        tokens = AccessTokens(
            ServerKeys(secret).ring(Purpose.ACCESS_TOKENS), lifetime_seconds=lifetime_seconds
        )
        return tokens.issue(login.user_id, str(login.claims["sid"]))


class CredentialHolder:
    """A writer in a project of the administrator's, and a service account there."""

    def __init__(self, site: HolderSite) -> None:
        number = next(numbers)
        self.site, self.root = site, site.administrator
        self.email, self.project = f"holder-{number}@example.com", f"held-{number}"
        wanted = {"username": f"holder-{number}", "email": self.email, "password": PASSWORD}
        self.id = int(self.root.post(f"{API}/users", wanted).ok().data["id"])
        self.project_url = f"{API}/project/{self.project}"
        self.package_url = f"{self.project_url}/box"
        self.root.post(f"{API}/projects", {"name": self.project}).ok()
        self.root.post(f"{self.project_url}/packages", {"name": "box"}).ok()
        self.set_role("writer")
        self.login, self.elsewhere = site.log_in(self.email), site.log_in(self.email)

    def set_role(self, role: str) -> None:
        """Make the holder that in the project."""
        self.root.request("PUT", f"{self.project_url}/members/{self.id}", json={"role": role}).ok()

    def key(self, by: ApiClient | None = None, **wanted: Any) -> dict[str, Any]:
        """Make a key of the holder's."""
        made = (by or self.elsewhere.client).post(f"{API}/auth/keys", {"name": "key", **wanted})
        return made.ok().data


@dataclass(slots=True)
class HeldCredential:
    """A credential in the hands of a holder, and what ends it."""

    holder: CredentialHolder
    token: str | None = None
    cookie: str | None = None
    subject: int = 0  # the user whose it is
    revoke: Callable[[], object] | None = None
    revoke_parent: Callable[[], object] | None = None
    expire: Callable[[], object] | None = None
    session_url: str | None = None  # of an upload, where the credential opens nothing else

    @property
    def headers(self) -> dict[str, str]:
        """The headers that present it."""
        if self.cookie is not None:
            return {"Cookie": f"{COOKIE}={self.cookie}"}
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def is_account(self) -> bool:
        """True for that of a service account."""
        return self.subject != self.holder.id


def access_token(holder: CredentialHolder) -> HeldCredential:
    """The access token of a login."""
    login = holder.login

    def expire() -> None:
        held.token = holder.site.access_token(login, -120)

    held = HeldCredential(holder, login.access, subject=holder.id, expire=expire)
    held.revoke = lambda: login.client.delete(f"{API}/auth/token").ok()
    return held


def session_cookie(holder: CredentialHolder) -> HeldCredential:
    """The cookie of a login."""
    held = HeldCredential(holder, cookie=holder.login.cookie, subject=holder.id)
    client = holder.site.server.client()
    held.revoke = lambda: client.delete(f"{API}/auth/token", headers=held.headers).ok()
    held.expire = lambda: expire_login(holder)
    return held


def refresh_token(holder: CredentialHolder) -> HeldCredential:
    """The refresh token of a login."""
    held = HeldCredential(holder, holder.login.refresh, subject=holder.id)
    held.expire = lambda: expire_login(holder)
    return held


def expire_login(holder: CredentialHolder) -> None:
    """Let the login of a holder have had its time."""
    login = str(holder.login.claims["sid"])
    holder.site.change("UPDATE sessions SET expires_at = ? WHERE id = ?", LONG_AGO, login)
    holder.site.change("UPDATE refresh_tokens SET expires_at = ? WHERE session_id = ?", LONG_AGO, login)


def held_key(
    holder: CredentialHolder, made: Mapping[str, Any], url: str, by: ApiClient, subject: int
) -> HeldCredential:
    """Return a key as somebody holds it who presents it."""
    held = HeldCredential(holder, str(made["key"]), subject=subject)
    held.revoke = lambda: by.delete(f"{url}/{made['id']}").ok()
    held.expire = lambda: holder.site.change(
        "UPDATE api_keys SET expires_at = ? WHERE id = ?", LONG_AGO, made["id"]
    )
    return held


def api_key(holder: CredentialHolder) -> HeldCredential:
    """A key that was made in a login."""
    return held_key(holder, holder.key(), f"{API}/auth/keys", holder.elsewhere.client, holder.id)


def child_key(holder: CredentialHolder) -> HeldCredential:
    """A key that was made with a key."""
    parent, owner = holder.key(), holder.elsewhere.client
    made = holder.key(holder.site.server.client(str(parent["key"])))
    held = held_key(holder, made, f"{API}/auth/keys", owner, holder.id)
    held.revoke_parent = lambda: owner.delete(f"{API}/auth/keys/{parent['id']}").ok()
    return held


def account_key(holder: CredentialHolder) -> HeldCredential:
    """The key of a service account, made with a key of the administrator's."""
    root, scopes = holder.root, ["read", "write", "admin"]
    parent = root.post(f"{API}/auth/keys", {"name": "maker", "scopes": scopes}).ok().data
    maker = holder.site.server.client(str(parent["key"]))
    wanted = {"name": "robot", "project": holder.project, "role": "writer"}
    account = maker.post(f"{API}/service-accounts", wanted).ok().data["id"]
    url = f"{API}/service-accounts/{account}/keys"
    held = held_key(holder, maker.post(url, {"name": "key"}).ok().data, url, root, account)
    held.revoke_parent = lambda: root.delete(f"{API}/auth/keys/{parent['id']}").ok()
    return held


def upload_token(holder: CredentialHolder, size: int) -> HeldCredential:
    """The token of an upload session, begun with the access token of a login."""
    wanted = {"filename": "a.bin", "size": size}
    begun = holder.login.client.post(f"{holder.package_url}/uploads/sessions", wanted).ok().data
    held = HeldCredential(holder, str(begun["token"]), subject=holder.id, session_url=str(begun["url"]))
    held.revoke = lambda: holder.login.client.delete(f"{API}/auth/token").ok()
    held.expire = lambda: expire_login(holder)
    return held
