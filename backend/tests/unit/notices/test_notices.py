"""Whoever comes next sees what has changed about their ways in."""

from typing import Any

import pytest

from tests.support.client import ApiClient
from tests.support.logins import PASSWORD, LogIn, SignedIn
from tests.support.moments import Clock
from wxcloudrun.kit.events import Event, EventKind, Subject
from wxcloudrun.kit.security import Actor, CredentialKind, Scope
from wxcloudrun.notices.rules import is_notable

ME = "/api/v1/auth/me"
SEEN = "/api/v1/auth/notices/seen"
PASSWORD_URL = "/api/v1/auth/password"
NEW = "another long one"


def notices(login: SignedIn) -> list[dict[str, Any]]:
    """Return what somebody has not said to have seen."""
    found: list[dict[str, Any]] = login.call("GET", ME).ok().data["notices"]
    return found


def test_given_a_changed_password_then_the_next_login_tells_when_and_from_where(
    client: ApiClient, ada: SignedIn
) -> None:
    ada.call("PUT", PASSWORD_URL, {"current_password": PASSWORD, "new_password": NEW}).ok()

    told = client.post("/api/v1/auth/login", {"email": "ada@example.com", "password": NEW}).ok()

    [notice] = told.data["notices"]
    assert (notice["what"], notice["address"]) == ("password.changed", "127.0.0.1")
    assert notices(ada) == [notice]


def test_given_nothing_has_changed_then_there_is_nothing_to_see(ada: SignedIn, log_in: LogIn) -> None:
    assert notices(ada) == notices(log_in()) == []


def test_given_they_are_seen_then_later_ones_alone_are_shown(ada: SignedIn) -> None:
    ada.make_key()
    [first] = notices(ada)
    ada.make_key(scopes=["admin"])

    assert ada.call("POST", SEEN, {"up_to": first["id"]}).status == 204

    [left] = notices(ada)
    assert (left["what"], left["id"] > first["id"]) == ("key.made", True)


def test_given_no_recent_proof_then_nobody_hides_what_they_did(ada: SignedIn, time: Clock) -> None:
    ada.make_key()
    time.advance(minutes=6)

    assert ada.call("POST", SEEN, {"up_to": 10}).reason == "proof_needed"
    assert len(notices(ada)) == 1


def test_given_somebody_elses_then_they_stay(ada: SignedIn, root: SignedIn) -> None:
    ada.make_key()

    root.call("POST", SEEN, {"up_to": 2**62}).ok()

    assert len(notices(ada)) == 1


def test_given_an_administrator_changes_an_address_then_its_owner_sees_it(
    ada: SignedIn, root: SignedIn
) -> None:
    root.call("PATCH", f"/api/v1/users/{ada.user_id}", {"email": "new@example.com"}).ok()

    assert [each["what"] for each in notices(ada)] == ["user.changed"]
    assert notices(root) == []


def test_given_a_key_makes_a_key_then_that_is_its_trade(ada: SignedIn) -> None:
    key = ada.client.as_(ada.make_key()["key"])
    seen = len(notices(ada))

    key.post("/api/v1/auth/keys", {"name": "child", "scopes": ["read"]}).ok()

    assert len(notices(ada)) == seen


@pytest.mark.parametrize(
    ("before", "after", "notable"),
    [
        (
            {"username": "a", "is_active": True},
            {"username": "b", "is_active": True, "password": "kept"},
            False,
        ),
        ({"is_active": True}, {"is_active": True, "password": "changed"}, True),
        ({"is_active": False}, {"is_active": True, "password": "kept"}, True),
        ({"is_admin": False, "is_active": True}, {"is_admin": True, "is_active": True}, True),
        (None, None, True),
    ],
)
def test_which_changes_of_a_user_are_told(
    before: dict[str, Any] | None, after: dict[str, Any] | None, *, notable: bool
) -> None:
    actor = Actor(1, True, frozenset(Scope), CredentialKind.JWT, session_id="s")
    event = Event(EventKind("user.changed"), actor, Subject("user/7"), before, after)

    assert is_notable(event) == notable
