"""A stranger with somebody's credential: what it opens, what not, and that its owner can end all of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.support.client import Answer, ApiClient
from tests.support.holders import API, PASSWORD, SETTINGS, CredentialHolder, HolderSite
from tests.support.live import live_server
from wxcloudrun.sessions.controller import COOKIE


def presenting(client: ApiClient, cookie: str) -> ApiClient:
    """Return a client that sends a cookie with everything."""

    def send(method: str, path: str, **options: Any) -> Answer:
        headers = {**options.pop("headers", {}), "Cookie": f"{COOKIE}={cookie}"}
        return client.request(method, path, headers=headers, **options)

    return ApiClient(send)


def refreshed(holder: CredentialHolder) -> ApiClient:
    """Return what a refresh token gives."""
    server = holder.site.server
    answer = server.client().post(f"{API}/auth/refresh", {"refresh_token": holder.login.refresh}).ok()
    return server.client(str(answer.data["access_token"]))


def keyed(holder: CredentialHolder, *scopes: str) -> ApiClient:
    """Return the client of a key with these scopes."""
    return holder.site.server.client(str(holder.key(scopes=list(scopes))["key"]))


STOLEN: Mapping[str, Callable[[CredentialHolder], ApiClient]] = {
    "access token": lambda holder: holder.site.server.client(holder.login.access),
    "cookie": lambda holder: presenting(holder.site.server.client(), holder.login.cookie),
    "refresh token": refreshed,
    "key for reading and writing": lambda holder: keyed(holder, "read", "write"),
    "key for downloading": lambda holder: keyed(holder, "download"),
    "key for uploading": lambda holder: keyed(holder, "upload"),
    "key for everything": lambda holder: keyed(holder, "read", "write", "admin"),
}
OF_A_LOGIN = {"access token", "cookie", "refresh token"}
OPENS: Mapping[str, Mapping[str, int]] = {
    "key for reading and writing": {"read": 200, "upload": 200, "make a key": 200},
    "key for downloading": {"read": 200, "upload": 403, "make a key": 403},
    "key for uploading": {"read": 403, "upload": 200, "make a key": 403},
    "key for everything": {"read": 200, "upload": 200, "make a key": 200},
}
FRIEND = {"user": "a-friend@example.com", "role": "owner"}
WIDENS = ("publish", "let somebody in", "delete the package", "delete the project")


def tries(holder: CredentialHolder, thief: ApiClient) -> dict[str, int]:
    """Try what a thief would, what does most harm last, and return the statuses."""
    own, change = f"{holder.project_url}-own", {"current_password": "a guess", "new_password": "the thief's"}
    return {
        "read": thief.get(f"{holder.package_url}/uploads").status,
        "upload": thief.put(f"{holder.package_url}/upload/evil.bin", b"evil").status,
        "make a key": thief.post(f"{API}/auth/keys", {"name": "the thief's"}).status,
        "another password": thief.request("PUT", f"{API}/auth/password", json=change).status,
        "other people": thief.get(f"{API}/users").status,
        "the log": thief.get(f"{API}/audit").status,
        "publish": thief.patch(own, {"is_public": True}).status,
        "let somebody in": thief.post(f"{own}/members", FRIEND).status,
        "delete the package": thief.delete(f"{own}/packages/box?force=true").status,
        "delete the project": thief.delete(f"{own}?force=true").status,
    }


def end_everything(holder: CredentialHolder) -> ApiClient:
    """Let the owner take another password and end all that there may be else; return their own login."""
    owner = holder.site.log_in(holder.email).client
    change = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    owner.request("PUT", f"{API}/auth/password", json=change).ok()
    owner.post(f"{API}/auth/end-everything", {"keep_session": True}).ok()
    return owner


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HolderSite]:
    """A server that lets everybody try as often as they like."""
    with live_server(tmp_path_factory.mktemp("stolen"), **SETTINGS) as running:
        yield HolderSite(running)


@pytest.mark.parametrize("stolen", STOLEN)
def test_given_a_stolen_credential_then_it_opens_what_it_is_for_until_its_owner_ends_everything(
    site: HolderSite, stolen: str
) -> None:
    holder = CredentialHolder(site)
    own = f"{holder.project}-own"
    holder.elsewhere.client.post(f"{API}/projects", {"name": own}).ok()
    holder.elsewhere.client.post(f"{API}/project/{own}/packages", {"name": "box"}).ok()
    thief = STOLEN[stolen](holder)
    made = thief.post(f"{API}/auth/keys", {"name": "an heir"})
    heirs = [site.server.client(str(made.data["key"]))] if made.status == 200 else []

    got = tries(holder, thief)

    assert got["another password"] == 403, "nobody takes an account over without its password"
    assert (got["other people"], got["the log"]) == (403, 403), "it is nobody's who administers"
    if stolen not in OF_A_LOGIN:
        assert {name: got[name] for name in OPENS[stolen]} == OPENS[stolen]
        if stolen != "key for everything":
            assert {got[name] for name in WIDENS} == {403}

    owner = end_everything(holder)

    for each in (thief, *heirs):
        assert each.get(f"{API}/auth/me").status == 401
        assert set(tries(holder, each).values()) == {401}
    old = {"refresh_token": holder.login.refresh}
    assert site.server.client().post(f"{API}/auth/refresh", old).status == 401
    assert owner.get(f"{API}/auth/me").status == 200
