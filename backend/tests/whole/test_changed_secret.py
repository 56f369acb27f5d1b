"""While API_KEY_SECRET is changed nothing ends, and what is used goes over to the new one by itself."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.support.changed_secrets import Start
from tests.support.client import Answer, ApiClient, sender
from tests.support.logins import PASSWORD
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import ids
from wxcloudrun.kit.db import atomically, reading
from wxcloudrun.secrecy.derived_keys import Purpose
from wxcloudrun.sessions.models import LoginSession, RefreshToken
from wxcloudrun.wiring.secrets import server_keys

pytestmark = pytest.mark.local_store  # one file of SQLite for several applications

OLD, NEW = "the-old-secret-0123456789-abcdefghijk", "the-new-secret-0123456789-abcdefghijk"
ME = "/api/v1/auth/me"


class OldCredentials:
    """Somebody who came in while the old secret was the only one, with all that they were given."""

    def __init__(self, app: Flask) -> None:
        client = ApiClient(sender(app))
        who = {"email": "ada@example.com", "password": PASSWORD}
        client.post("/api/v1/auth/register", who).ok()
        given = client.post("/api/v1/auth/login", who).ok()
        self.refresh_token: str = given.data["refresh_token"]
        self.cookie = given.headers["Set-Cookie"].partition(";")[0]
        bearer = {"Authorization": f"Bearer {given.data['access_token']}"}
        self.key: str = client.post("/api/v1/auth/keys", {"name": "ci"}, headers=bearer).ok().data["key"]

    def by_key(self, app: Flask) -> Answer:
        return ApiClient(sender(app)).get(ME, headers={"Authorization": f"Bearer {self.key}"})

    def by_cookie(self, app: Flask) -> Answer:
        return ApiClient(sender(app)).get(ME, headers={"Cookie": self.cookie})

    def refreshed(self, app: Flask) -> Answer:
        return ApiClient(sender(app)).post("/api/v1/auth/refresh", {"refresh_token": self.refresh_token})


def go_back_to_the_secret_itself(app: Flask, holder: OldCredentials, secret: str) -> None:
    """Leave in the database what releases left that hashed everything under the secret itself."""

    def hashed(text: str) -> str:
        return ids.keyed_hash(text, key=secret.encode())

    cookie = holder.cookie.partition("=")[2]
    changes = (
        update(ApiKey).values(key_hash=hashed(holder.key), hashed_with=None),
        update(LoginSession).values(cookie_hash=hashed(f"cookie:{cookie}"), hashed_with=None),
        update(RefreshToken).values(token_hash=hashed(f"refresh:{holder.refresh_token}"), hashed_with=None),
    )
    with app.app_context():
        atomically(lambda tx: [tx.session.execute(change) for change in changes])


def names(app: Flask) -> dict[str, set[str | None]]:
    """Return with which keys the hashes of each table were made."""
    columns = {"keys": ApiKey.hashed_with, "cookies": LoginSession.hashed_with}
    with app.app_context(), reading() as session:
        return {name: set(session.execute(select(column)).scalars()) for name, column in columns.items()}


def name_under(app: Flask) -> str:
    return server_keys(app.extensions["settings"]).ring(Purpose.API_KEYS).newest.name


@pytest.mark.parametrize("before", ["derived", "the secret itself"])
def test_given_the_previous_secret_then_all_that_it_gave_out_works(start: Start, before: str) -> None:
    old = start(OLD)
    holder = OldCredentials(old)
    if before == "the secret itself":
        go_back_to_the_secret_itself(old, holder, OLD)

    during = start(NEW, OLD)

    assert holder.by_key(during).status == 200
    assert holder.by_cookie(during).status == 200
    assert holder.refreshed(during).status == 200


def test_given_no_previous_secret_then_nothing_of_it_works(start: Start) -> None:
    holder = OldCredentials(start(OLD))

    other = start(NEW)

    assert holder.by_key(other).status == 401
    assert holder.by_cookie(other).status == 401
    assert holder.refreshed(other).status == 401


@pytest.mark.parametrize("before", ["derived", "the secret itself"])
def test_given_that_it_was_used_in_between_then_it_works_without_the_previous_secret(
    start: Start, before: str
) -> None:
    old = start(OLD)
    holder = OldCredentials(old)
    if before == "the secret itself":
        go_back_to_the_secret_itself(old, holder, OLD)
    during = start(NEW, OLD)
    holder.by_key(during)
    holder.by_cookie(during)
    holder.refresh_token = holder.refreshed(during).ok().data["refresh_token"]

    after = start(NEW)

    assert names(after) == {"keys": {name_under(after)}, "cookies": {name_under(after)}}
    assert holder.by_key(after).status == 200
    assert holder.by_cookie(after).status == 200
    assert holder.refreshed(after).status == 200


def test_given_an_upgrade_without_a_change_of_the_secret_then_what_is_used_gets_keys_of_its_own(
    start: Start,
) -> None:
    app = start(OLD)
    holder = OldCredentials(app)
    go_back_to_the_secret_itself(app, holder, OLD)
    assert names(app) == {"keys": {None}, "cookies": {None}}

    assert holder.by_key(app).status == 200
    assert holder.by_cookie(app).status == 200

    assert names(app) == {"keys": {name_under(app)}, "cookies": {name_under(app)}}


def test_given_a_lost_answer_when_the_secret_changes_then_the_refresh_token_has_the_same_successor(
    start: Start,
) -> None:
    old = start(OLD)
    holder = OldCredentials(old)
    lost = holder.refreshed(old).ok().data["refresh_token"]

    again = holder.refreshed(start(NEW, OLD)).ok().data["refresh_token"]

    assert again == lost


def test_given_a_download_link_then_it_lives_through_the_change_and_not_without_the_previous_secret(
    start: Start,
) -> None:
    old = start(OLD)
    holder = OldCredentials(old)
    client = ApiClient(sender(old), holder.key)
    client.post("/api/v1/projects", {"name": "tools"}).ok()
    client.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()
    client.put("/api/v1/project/tools/hammer/upload/h.bin?tag=stable", data=b"bytes").ok()
    link = client.get("/api/v1/project/tools/hammer/+/stable?mode=presigned").ok().data["url"]
    path = link[link.index("/api/") :]

    assert ApiClient(sender(start(NEW, OLD))).get(path).body == b"bytes"
    assert ApiClient(sender(start(NEW))).get(path).status == 404


def test_a_link_is_signed_with_sha256(start: Start) -> None:
    # 32 bytes are 43 characters of base64; those of SHA-1 were 27.
    app = start(NEW)
    holder = OldCredentials(app)
    client = ApiClient(sender(app), holder.key)
    client.post("/api/v1/projects", {"name": "tools"}).ok()
    client.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()
    client.put("/api/v1/project/tools/hammer/upload/h.bin?tag=stable", data=b"bytes").ok()
    link = client.get("/api/v1/project/tools/hammer/+/stable?mode=presigned").ok().data["url"]

    assert len(link.rpartition(".")[2]) == 43
