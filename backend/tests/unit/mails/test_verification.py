"""An address recovers an account only when its owner has shown that it is theirs."""

from typing import Any

import pytest

from tests.support.client import ApiClient
from tests.support.logins import PASSWORD, AddUser, LogIn, SignedIn
from tests.support.moments import Clock
from tests.unit.mails.conftest import ADA, RECOVERY, VERIFIED, VERIFY, Post

VOID = "the token is not valid or no longer valid"
ME = "/api/v1/auth/me"


def verified_at(login: SignedIn) -> Any:
    """Return since when the address of somebody is known to be theirs."""
    return login.call("GET", ME).ok().data["ways_in"]["email_verified_at"]


def test_given_somebody_new_then_they_are_asked_whether_the_address_is_theirs(
    post: Post, client: ApiClient, log_in: LogIn
) -> None:
    client.post("/api/v1/auth/register", {"email": ADA, "password": PASSWORD}).ok()
    token, login = post.token(), log_in()
    assert verified_at(login) is None

    login.call("POST", VERIFIED, {"token": token}).ok()

    assert verified_at(login) is not None
    assert login.call("POST", VERIFIED, {"token": token}).status == 401
    assert login.call("POST", VERIFY).status == 409


def test_given_a_mistyped_address_then_its_owner_does_not_get_in_by_it(
    post: Post, ada: SignedIn, add_user: AddUser, log_in: LogIn
) -> None:
    ada.call("POST", VERIFY).ok()
    token = post.token()
    add_user("eve@example.com")
    eve = log_in("eve@example.com")

    assert eve.call("POST", VERIFIED, {"token": token}).status == 401
    assert eve.client.post(VERIFIED, {"token": token}).status == 401
    eve.client.post(RECOVERY, {"email": ADA}).ok()

    assert (post.sent(), verified_at(ada)) == ([], None)


@pytest.mark.parametrize("way", ["bound", "given"])
def test_given_another_address_then_it_is_not_verified_and_is_asked_about(
    post: Post, ada: SignedIn, root: SignedIn, way: str
) -> None:
    post.verify(ada)
    new = {"email": "new@example.com"}

    if way == "bound":
        ada.call("PUT", "/api/v1/auth/email", {**new, "password": PASSWORD}).ok()
    else:
        root.call("PATCH", f"/api/v1/users/{ada.user_id}", new).ok()

    assert verified_at(ada) is None
    assert len(post.sent("new@example.com")) == (way == "bound")
    post.client.post(RECOVERY, new).ok()
    assert post.sent("new@example.com") == []


def test_given_the_same_address_again_then_it_stays_verified(post: Post, ada: SignedIn) -> None:
    post.verify(ada)
    before = verified_at(ada)

    ada.call("PUT", "/api/v1/auth/email", {"email": ADA, "password": PASSWORD}).ok()

    assert verified_at(ada) == before


def test_given_no_recent_proof_or_a_day_then_nothing_is_verified(
    post: Post, ada: SignedIn, log_in: LogIn, time: Clock
) -> None:
    ada.call("POST", VERIFY).ok()
    token = post.token()
    time.advance(minutes=6)
    assert ada.call("POST", VERIFIED, {"token": token}).reason == "proof_needed"

    time.advance(days=1)
    later = log_in()

    refused = later.client.post(VERIFIED, {"token": token}, headers=later.browser)
    assert (refused.status, refused.msg.partition(";")[0]) == (401, VOID)


def test_given_an_end_of_everything_then_a_token_from_before_verifies_nothing(
    post: Post, ada: SignedIn, log_in: LogIn, time: Clock
) -> None:
    ada.call("POST", VERIFY).ok()
    of_a_thief = post.token()
    time.advance(seconds=1)
    ada.call("POST", "/api/v1/auth/end-everything", {}).ok()
    later = log_in()

    refused = later.call("POST", VERIFIED, {"token": of_a_thief})

    assert (refused.status, refused.msg.partition(";")[0]) == (401, VOID)
    assert verified_at(later) is None


def test_given_a_key_then_it_verifies_nothing(post: Post, ada: SignedIn) -> None:
    keyed = ada.client.as_(ada.make_key(scopes=["admin"])["key"])

    assert [keyed.post(VERIFY).status, keyed.post(VERIFIED, {"token": "t"}).status] == [403, 403]
    assert post.sent() == []
