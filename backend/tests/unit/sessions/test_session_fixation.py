"""Nobody can choose the session that somebody else will log in to."""

import pytest

from tests.support.client import ApiClient
from tests.support.logins import PASSWORD, AddUser, SignedIn, cookie_of

LOGIN, ME = "/api/v1/auth/login", "/api/v1/auth/me"
BODY = {"email": "ada@example.com", "password": PASSWORD}


def log_in_with(client: ApiClient, planted: str) -> str:
    """Log in from a browser in which somebody has planted a cookie; return the cookie afterwards."""
    answer = client.post(LOGIN, BODY, headers={"Cookie": f"session_id={planted}"}).ok()
    return cookie_of(answer)["session_id"].value


@pytest.mark.parametrize("planted", ["", "chosen-by-somebody", "x" * 43])
def test_given_a_planted_cookie_then_the_login_gets_another_and_the_planted_one_opens_nothing(
    client: ApiClient, add_user: AddUser, planted: str
) -> None:
    add_user()

    fresh = log_in_with(client, planted)

    assert fresh != planted
    assert client.get(ME, headers={"Cookie": f"session_id={planted}"}).status == 401
    assert client.get(ME, headers={"Cookie": f"session_id={fresh}"}).status == 200


def test_given_a_planted_cookie_of_a_real_session_then_that_one_does_not_become_the_victims(
    client: ApiClient, add_user: AddUser, ada: SignedIn
) -> None:
    add_user("mallory@example.com")
    theirs = client.post(LOGIN, {**BODY, "email": "mallory@example.com"}).ok()
    planted = cookie_of(theirs)["session_id"].value

    fresh = log_in_with(client, planted)

    whose = {
        cookie: client.get(ME, headers={"Cookie": f"session_id={cookie}"}).ok().data["id"]
        for cookie in (planted, fresh)
    }
    assert whose == {planted: theirs.data["user"]["id"], fresh: ada.user_id}


def test_every_login_has_a_session_of_its_own(client: ApiClient, add_user: AddUser) -> None:
    add_user()

    cookies = {log_in_with(client, "x") for _ in range(5)}

    assert len(cookies) == 5
    assert all(len(cookie) >= 43 for cookie in cookies), "256 bits"
