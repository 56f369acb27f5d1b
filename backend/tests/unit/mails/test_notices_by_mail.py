"""People hear by mail of what has changed about their ways in, at the address that was theirs before."""

from sqlalchemy import func, select

from tests.support.apps import AppWith
from tests.support.client import ApiClient, sender
from tests.support.inside import Inside
from tests.support.logins import PASSWORD, SignedIn
from tests.unit.mails.conftest import ADA, NEW, Post
from wxcloudrun.jobs.models import Job


def test_given_a_verified_address_then_a_change_is_mailed_to_it(post: Post, ada: SignedIn) -> None:
    post.verify(ada)

    change = {"current_password": PASSWORD, "new_password": NEW}
    ada.call("PUT", "/api/v1/auth/password", change).ok()

    [said] = post.sent()
    assert "password.changed" in said
    assert "127.0.0.1" in said
    assert NEW not in said


def test_given_a_changed_address_then_the_one_before_hears_of_it(
    post: Post, ada: SignedIn, root: SignedIn
) -> None:
    post.verify(ada)

    root.call("PATCH", f"/api/v1/users/{ada.user_id}", {"email": "thief@example.com"}).ok()
    ada.make_key()

    [said] = post.sent()
    assert "user.changed" in said
    assert post.sent("thief@example.com") == []


def test_given_an_address_that_nobody_verified_then_it_hears_of_nothing(post: Post, ada: SignedIn) -> None:
    ada.make_key()

    assert post.sent(ADA) == []


def test_given_no_server_for_mail_then_nothing_is_put_down(app_with: AppWith) -> None:
    off = Inside(app_with())
    client = ApiClient(sender(off.app))

    client.post("/api/v1/auth/register", {"email": ADA, "password": PASSWORD}).ok()

    assert off.column(select(func.count()).select_from(Job)) == [0]
