"""Every credential, every way to end it, and the moments: before, during and after a request with a body.

The table is generated: what is due stands in `due`, and each pair is tried on a server over a socket.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import pytest

from tests.support import holders
from tests.support.builders import content, sha256
from tests.support.holders import API, PASSWORD, SETTINGS, CredentialHolder, HeldCredential, HolderSite
from tests.support.live import live_server
from tests.support.raw_http import RawConnection

BODY_BYTES = 512 * 1024
PATIENCE_SECONDS = 30
CREDENTIALS: Mapping[str, Callable[[CredentialHolder], HeldCredential]] = {
    "access token": holders.access_token,
    "session cookie": holders.session_cookie,
    "refresh token": holders.refresh_token,
    "API key": holders.api_key,
    "child key": holders.child_key,
    "account's key": holders.account_key,
    "upload token": partial(holders.upload_token, size=BODY_BYTES),
}
OF_A_LOGIN = {"access token", "session cookie", "refresh token", "upload token"}


def log_out(held: HeldCredential) -> None:
    """The login ends."""
    held.holder.login.client.post(f"{API}/auth/logout").ok()


def change_password(held: HeldCredential) -> None:
    """The holder takes another password, in another login."""
    body = {"current_password": PASSWORD, "new_password": PASSWORD + "!"}
    held.holder.elsewhere.client.request("PUT", f"{API}/auth/password", json=body).ok()


def reset_password(held: HeldCredential) -> None:
    """An administrator gives the holder another password."""
    held.holder.root.patch(f"{API}/users/{held.holder.id}", {"password": PASSWORD + "?"}).ok()


def end_everything(held: HeldCredential) -> None:
    """The holder ends everything of theirs, but for the login in which they do it."""
    held.holder.elsewhere.client.post(f"{API}/auth/end-everything", {"keep_session": True}).ok()


def subject_url(held: HeldCredential) -> str:
    """Return where the user is whose credential it is."""
    return f"{API}/{'service-accounts' if held.is_account else 'users'}/{held.subject}"


def deactivate(held: HeldCredential) -> None:
    """Their user is deactivated."""
    held.holder.root.patch(subject_url(held), {"is_active": False}).ok()


def delete_user(held: HeldCredential) -> None:
    """Their user is deleted."""
    held.holder.root.delete(subject_url(held)).ok()


def demote(held: HeldCredential) -> None:
    """They become a reader."""
    url = f"{held.holder.project_url}/members/{held.subject}"
    held.holder.root.request("PUT", url, json={"role": "reader"}).ok()


def remove(held: HeldCredential) -> None:
    """They are taken out of the project."""
    held.holder.root.delete(f"{held.holder.project_url}/members/{held.subject}").ok()


def delete_project(held: HeldCredential) -> None:
    """The project is deleted."""
    held.holder.root.delete(f"{held.holder.project_url}?force=true").ok()


def by(name: str, held: HeldCredential) -> None:
    """End a credential in the way that is its own."""
    end = getattr(held, name)
    assert end is not None
    end()


ENDINGS: Mapping[str, Callable[[HeldCredential], None]] = {
    "logout": log_out,
    "revocation": partial(by, "revoke"),
    "revocation of the parent": partial(by, "revoke_parent"),
    "expiry": partial(by, "expire"),
    "another password": change_password,
    "an administrator's reset": reset_password,
    "the end of everything": end_everything,
    "deactivation": deactivate,
    "demotion": demote,
    "removal from the project": remove,
    "deletion of the user": delete_user,
    "deletion of the project": delete_project,
}
NONE_SUCH = {
    *(("revocation of the parent", name) for name in set(CREDENTIALS) - {"child key", "account's key"}),
    ("revocation", "refresh token"),  # it goes with its login
}
OF_A_PERSON = {"an administrator's reset", "the end of everything"}  # whatever they may come in by
ERASES = {"deletion of the user", "deletion of the project", *OF_A_PERSON}  # also uploads on their way
PAIRS = [(name, end) for name in CREDENTIALS for end in ENDINGS if (end, name) not in NONE_SUCH]


def due(credential: str, ending: str) -> int:
    """Return the status of a request with that credential behind that ending, 200 if it changes nothing."""
    match ending:
        case "logout" | "another password":
            return 401 if credential in OF_A_LOGIN else 200
        case "an administrator's reset" | "the end of everything":
            return 200 if credential == "account's key" else 401  # it was made by somebody else
        case "demotion" | "removal from the project" | "deletion of the project":
            if credential == "refresh token":  # which is of no project
                return 200
            if (credential, ending) == ("account's key", "deletion of the project"):
                return 401  # it was the project's
            return 403 if ending == "demotion" else 404
        case _:
            return 401


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HolderSite]:
    """A server that lets everybody try as often as they like."""
    with live_server(tmp_path_factory.mktemp("endings"), **SETTINGS) as running:
        yield HolderSite(running)


def url_of(held: HeldCredential) -> str:
    """Return where a credential sends bytes."""
    return f"{held.session_url}/parts/1" if held.session_url else f"{held.holder.package_url}/upload/a.bin"


def status_of_another(held: HeldCredential, *, is_refresh: bool) -> int:
    """Send one more request at once, and return its status."""
    client = held.holder.site.server.client()
    if is_refresh:
        return client.post(f"{API}/auth/refresh", {"refresh_token": held.token}).status
    body = content(BODY_BYTES, seed=held.holder.id)
    return client.put(url_of(held), body, headers=held.headers).status


class Arriving:
    """A request with a body on its way, half of which has come when `__init__` returns."""

    def __init__(self, held: HeldCredential, name: str) -> None:
        self.held, self.site = held, held.holder.site
        self.is_refresh = name == "refresh token"
        self.body = content(BODY_BYTES, seed=held.holder.id)
        if self.is_refresh:
            self.body = json.dumps({"refresh_token": held.token}).encode()
        self.connection = RawConnection(self.site.server.port)
        self._begin()

    def _begin(self) -> None:
        held, length, half = self.held, str(len(self.body)), len(self.body) // 2
        url = url_of(held)
        if self.is_refresh:
            given = {"Content_Type": "application/json", "Content_Length": length}
            self.connection.head("POST", f"{API}/auth/refresh", None, **given)
            self.connection.send(self.body[:half])
            return
        traces = self._traces()
        self.connection.head("PUT", url, None, Content_Length=length, **held.headers)
        self.connection.send(self.body[:half])
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._traces() == traces:
            assert time.monotonic() < deadline, "the server does not know who is asking"
            time.sleep(0.02)

    def _traces(self) -> int:
        """Count what the server writes down when it begins to take a body."""
        counted = "SELECT (SELECT count(*) FROM leases) + (SELECT count(*) FROM session_parts)"
        return int(self.site.ask(counted))

    def finish(self) -> int:
        """Send the rest and return the status."""
        with self.connection:
            self.connection.send(self.body[len(self.body) // 2 :])
            answer = self.connection.answer()
        if self.is_refresh and answer.status == 200:
            self.held.token = json.loads(answer.body)["data"]["refresh_token"]
        return answer.status

    @property
    def is_kept(self) -> bool:
        """Whether the bytes have become anything."""
        if self.held.session_url:
            public_id = self.held.session_url.rpartition("/")[2]
            counted = (
                "SELECT count(*) FROM session_parts JOIN upload_sessions ON upload_sessions.id = session_id"
                " WHERE public_id = ? AND session_parts.sha256 IS NOT NULL"
            )
            return bool(self.site.ask(counted, public_id))
        return bool(self.site.ask("SELECT count(*) FROM artifacts WHERE id = ?", sha256(self.body)))


@pytest.mark.parametrize(("credential", "ending"), PAIRS)
def test_during_a_body(site: HolderSite, credential: str, ending: str) -> None:
    held = CREDENTIALS[credential](CredentialHolder(site))
    objects = site.server.objects()
    wanted = due(credential, ending)
    if (credential, ending) == ("access token", "expiry"):
        wanted = 200  # minutes are too short for an upload; it was good when the request began

    request = Arriving(held, credential)
    ENDINGS[ending](held)

    assert request.finish() == wanted
    if credential != "refresh token":
        assert request.is_kept == (wanted == 200)
        if wanted != 200 and ending not in ERASES and not held.session_url:
            assert site.server.objects() <= objects, "nothing of the body is left"


@pytest.mark.parametrize(("credential", "ending"), PAIRS)
def test_after_a_request_and_before_the_next(site: HolderSite, credential: str, ending: str) -> None:
    held = CREDENTIALS[credential](CredentialHolder(site))
    first = Arriving(held, credential)
    assert first.finish() == 200

    ENDINGS[ending](held)

    if credential != "refresh token" and ending not in ERASES:
        assert first.is_kept, "what was accepted stays"
    assert status_of_another(held, is_refresh=credential == "refresh token") == due(credential, ending)
