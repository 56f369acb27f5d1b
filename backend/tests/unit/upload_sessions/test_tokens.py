"""The token of a session has what the credential has that began it, and ends with it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support import builders
from tests.support.client import ApiClient
from tests.support.logins import SignedIn
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.upload_sessions.conftest import PART_BYTES
from wxcloudrun.kit.db import transaction
from wxcloudrun.kit.security import Scope
from wxcloudrun.users.models import User

DATA = b"known to somebody"
INVALID = "the credential is not valid or no longer valid; log in or present another"


def begun(who: ApiClient, shop: Workshop, data: bytes = DATA, **options: Any) -> tuple[ApiClient, str]:
    """Begin a session; return who has its token and nothing else, and where it is."""
    wanted = {"filename": "a.bin", "size": len(data), "part_bytes": PART_BYTES}
    answer = who.post(shop.url("/uploads/sessions"), wanted, **options).ok()
    return shop.anonymous.as_(answer.data["token"]), answer.data["url"]


def sent(who: ApiClient, url: str, data: bytes = DATA) -> dict[str, Any]:
    """Send the one part and complete."""
    who.put(f"{url}/parts/1", data).ok()
    return who.post(f"{url}/complete", {}).ok().data


def seen(upload: dict[str, Any]) -> tuple[bool, int]:
    """Return what an upload tells of bytes that were there before."""
    return upload["deduplicated"], upload["ref_count"]


def test_given_a_key_that_may_only_write_then_its_token_does_not_tell_whether_the_bytes_were_there(
    app: Flask, shop: Workshop
) -> None:
    shop.upload(DATA, tag="mine").ok()
    blind = shop.writer.as_(builders.key(app, shop.people["writer"].actor, frozenset({Scope.WRITE})))
    token, url = begun(blind, shop)

    assert seen(sent(token, url)) == (False, 0)
    assert seen(token.get(url).ok().data["upload"]) == (False, 0)
    assert seen(token.post(f"{url}/complete", {}).ok().data) == (False, 0)


def test_given_a_key_of_one_project_then_its_token_does_not_tell_of_bytes_in_another(
    app: Flask, shop: Workshop
) -> None:
    other = f"{shop.project}-other"
    shop.writer.post("/api/v1/projects", {"name": other}).ok()
    shop.writer.post(f"/api/v1/project/{other}/packages", {"name": "secret"}).ok()
    shop.writer.put(f"/api/v1/project/{other}/secret/upload/a.bin", DATA).ok()
    scopes = frozenset({Scope.READ, Scope.WRITE})
    bound = builders.key(app, shop.people["writer"].actor, scopes, project=shop.project)
    unbound = begun(shop.writer, shop)

    known_before = seen(sent(*begun(shop.writer.as_(bound), shop)))

    assert known_before == (False, 1)
    assert seen(sent(*unbound)) == (True, 3)


def test_given_an_administrator_who_is_none_any_more_then_their_token_opens_what_they_may(
    app: Flask, shop: Workshop, make_person: Callable[..., builders.Person]
) -> None:
    person = make_person("root", is_admin=True)
    token, url = begun(shop.writer.as_(person.token), shop)
    token.get(url).ok()

    with app.app_context(), transaction() as tx:
        tx.session.execute(update(User).where(User.id == person.id).values(is_admin=False))

    assert token.get(url).status == 404
    assert token.put(f"{url}/parts/1", DATA).status == 404


def test_given_the_key_revoked_then_its_token_is_as_good_as_a_forged_one(app: Flask, shop: Workshop) -> None:
    leaked = shop.writer.as_(builders.key(app, shop.people["writer"].actor, frozenset(Scope)))
    token, url = begun(leaked, shop)
    token.put(f"{url}/parts/1", DATA).ok()

    assert leaked.delete("/api/v1/auth/token").status < 300

    forged = shop.anonymous.as_(f"wxru_{'x' * 40}").get(url)
    for answer in (
        token.get(url),
        token.put(f"{url}/parts/1", DATA),
        token.post(f"{url}/complete", {}),
        token.delete(url),
    ):
        assert (answer.status, answer.msg) == (forged.status, forged.msg) == (401, INVALID)
    assert shop.writer.get(url).ok().data["state"] == "open"
    assert sent(shop.writer, url)["size"] == len(DATA)


def test_given_a_key_that_has_expired_then_its_token_has_as_well(
    app: Flask, shop: Workshop, time: Clock
) -> None:
    key = builders.key(app, shop.people["writer"].actor, frozenset(Scope), days=1)
    token, url = begun(shop.writer.as_(key), shop)
    time.advance(hours=23)
    token.put(f"{url}/parts/1", DATA).ok()
    time.advance(hours=2)

    assert token.get(url).status == 401
    assert shop.writer.get(url).ok().data["state"] == "open"


@pytest.mark.parametrize("how", ["bearer", "browser"])
@pytest.mark.parametrize("end", [("POST", "/auth/logout"), ("DELETE", "/auth/token")], ids=str)
def test_given_a_login_that_ended_then_its_tokens_have_as_well(
    shop: Workshop, ada: SignedIn, how: str, end: tuple[str, str]
) -> None:
    shop.let_in("ada@example.com", "writer")
    headers = ada.bearer if how == "bearer" else ada.browser
    token, url = begun(ada.client, shop, headers=headers)
    token.put(f"{url}/parts/1", DATA).ok()

    method, path = end
    assert ada.client.request(method, f"/api/v1{path}", headers=headers).status < 300

    assert token.get(url).status == 401


def test_given_an_access_token_that_has_run_out_then_what_it_began_goes_on(
    shop: Workshop, ada: SignedIn, time: Clock
) -> None:
    shop.let_in("ada@example.com", "writer")
    token, url = begun(ada.client, shop, headers=ada.bearer)
    time.advance(hours=3)

    assert sent(token, url)["size"] == len(DATA)


def test_given_the_user_deleted_then_the_token_is_no_more(shop: Workshop, root: SignedIn) -> None:
    token, url = begun(shop.writer, shop)

    root.call("DELETE", f"/api/v1/users/{shop.people['writer'].id}").ok()

    assert token.get(url).status == 401
