"""Whoever has lost a password gets in again by a verified address, and nobody else does."""

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.client import ApiClient, sender
from tests.support.database_dump import everything_stored
from tests.support.inside import Inside
from tests.support.logins import AddUser, LogIn, SignedIn
from tests.support.mail import Mailbox
from tests.support.moments import Clock
from tests.support.second_factors import second_factor
from tests.support.statements import recorded
from tests.unit.attempts.test_limits import WRONG, try_login
from tests.unit.attempts.test_many_networks import ENDINGS, device_of
from tests.unit.attempts.test_many_networks import log_in as log_in_from
from tests.unit.mails.conftest import ADA, NEW, RECOVERY, VERIFY, Post
from wxcloudrun.jobs.models import Job
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import reading, transaction
from wxcloudrun.mails.models import MailedToken
from wxcloudrun.mails.service.tokens import MailedTokens
from wxcloudrun.users.models import User


def test_given_a_lost_password_then_a_new_one_is_set_and_nothing_old_leads_in(
    post: Post, ada: SignedIn, log_in: LogIn
) -> None:
    post.verify(ada)
    key = ada.make_key()["key"]
    post.sent()

    assert post.complete(post.recovery_token()).status == 204

    assert post.log_in().status == 401
    assert ada.call("GET", "/api/v1/auth/me").status == 401
    assert post.client.as_(key).get("/api/v1/auth/me").status == 401
    assert post.client.post("/api/v1/auth/refresh", {"refresh_token": ada.refresh_token}).status == 401
    told = [each["what"] for each in log_in(password=NEW).call("GET", "/api/v1/auth/me").data["notices"]]
    assert told[:2] == ["ways_in.ended", "password.recovered"]


def test_given_a_recovered_password_then_devices_from_before_are_none(
    post: Post, ada: SignedIn, app: Flask, client: ApiClient, time: Clock
) -> None:
    post.verify(ada)
    of_a_thief = device_of(app)
    time.advance(seconds=2)

    assert post.complete(post.recovery_token()).status == 204
    for _ in range(10):
        try_login(client, WRONG)

    assert log_in_from(client, of_a_thief, NEW).status == 429


def test_given_a_token_that_was_used_then_it_and_all_before_it_are_void(post: Post, ada: SignedIn) -> None:
    post.verify(ada)
    first, second = post.recovery_token(), post.recovery_token()
    post.complete(second).ok()

    for token in (second, first):
        assert (post.complete(token, "a third long one").status, post.log_in(NEW).status) == (401, 200)


def test_given_half_an_hour_then_the_token_is_void_and_forgotten(
    post: Post, ada: SignedIn, app: Flask, time: Clock
) -> None:
    post.verify(ada)
    token = post.recovery_token()
    time.advance(minutes=30)

    assert post.complete(token).status == 401
    with app.app_context():
        assert app.extensions["services"][MailedTokens].forget_expired() == 1


def test_given_a_second_factor_then_it_is_asked_for_and_stays(post: Post, ada: SignedIn, time: Clock) -> None:
    post.verify(ada)
    telephone = second_factor(ada.client.as_(ada.access_token))
    post.sent()
    token = post.recovery_token()
    time.advance(seconds=30)

    refused = [post.complete(token).reason, post.complete(token, totp="000000").reason]
    assert post.complete(token, totp=telephone.code()).status == 204

    assert refused == ["second_factor_needed"] * 2
    assert post.log_in(NEW).reason == "second_factor_needed"
    assert len(telephone.recovery_codes) == 10


def test_given_a_weak_new_password_then_it_is_refused_and_the_token_stays_good(
    post: Post, ada: SignedIn
) -> None:
    post.verify(ada)
    token = post.recovery_token()

    assert [post.complete(token, each).status for each in ("password", "ada@example.com")] == [422, 422]
    assert post.complete(token).status == 204


def test_given_another_address_or_no_activity_meanwhile_then_the_token_is_void(
    post: Post, ada: SignedIn, app: Flask
) -> None:
    post.verify(ada)
    token = post.recovery_token()
    for change in ({"email": "other@example.com"}, {"email": ADA, "is_active": False}):
        with app.app_context(), transaction() as tx:
            user = tx.session.get_one(User, ada.user_id)
            for name, value in change.items():
                setattr(user, name, value)
            user.email_verified_at = clock.now()

        assert post.complete(token).status == 401


@pytest.mark.parametrize("way", ENDINGS)
def test_given_an_end_of_everything_meanwhile_then_the_token_is_void_and_the_next_one_is_good(
    post: Post, ada: SignedIn, root: SignedIn, time: Clock, way: str
) -> None:
    end, password = ENDINGS[way]
    post.verify(ada)
    of_a_thief = post.recovery_token()

    assert end(ada, root).status < 300
    post.sent()
    time.advance(seconds=1)

    assert post.complete(of_a_thief, "a third long one").status == 401
    assert post.log_in(password).status == 200
    assert post.complete(post.recovery_token(), "a third long one").status == 204


def test_given_a_token_that_verifies_then_it_sets_no_password(post: Post, ada: SignedIn) -> None:
    ada.call("POST", VERIFY).ok()

    assert post.complete(post.token()).status == 401
    assert post.complete("wxrm_none").status == 401


class TestWhoGetsMail:
    def test_given_any_address_then_the_answer_and_what_is_put_down_are_the_same(
        self, post: Post, ada: SignedIn, add_user: AddUser, app: Flask
    ) -> None:
        post.verify(ada)
        add_user("unverified@example.com")
        add_user("idle@example.com", is_active=False, email_verified_at=clock.now())
        people = (ADA, "unverified@example.com", "idle@example.com", "nobody@example.com")
        with app.app_context(), reading() as session:
            before = session.query(Job).count()

        answers, asked = [], set()
        for email in people:
            with recorded() as statements:
                answers.append(post.client.post(RECOVERY, {"email": email}))
            asked.add(tuple(statements))

        assert len(asked) == 1
        assert {(each.status, each.body, len(str(dict(each.headers)))) for each in answers} == {
            (202, answers[0].body, len(str(dict(answers[0].headers))))
        }
        with app.app_context(), reading() as session:
            assert session.query(Job).count() == before + len(people)
            new = list(session.query(Job).order_by(Job.id))[-len(people) :]
            assert {(job.kind, job.created_by, "@" in job.arguments) for job in new} == {
                ("mail-token", None, False)
            }
        assert len(post.sent()) == 1
        for email in people[1:]:
            assert post.sent(email) == []
        assert post.mailbox.mails == []

    def test_given_any_address_then_nothing_is_done_at_once_and_nobody_knows_when_it_is(
        self, post: Post, ada: SignedIn, app: Flask
    ) -> None:
        post.verify(ada)
        for email in [ADA, "nobody@example.com"] * 2:
            post.client.post(RECOVERY, {"email": email}).ok()

        assert Inside(app).work() == 0
        with app.app_context(), reading() as session:
            jobs = session.query(Job).where(Job.attempts == 0).all()
            delays = {(job.not_before - job.created_at).total_seconds() for job in jobs}
        assert len(delays) == 4
        assert all(1 <= delay <= 15 for delay in delays)

    def test_given_no_server_for_mail_then_everybody_is_refused_alike(self, app_with: AppWith) -> None:
        app = app_with()
        off = Post(app, ApiClient(sender(app)), Mailbox(0))

        answers = [off.client.post(RECOVERY, {"email": each}) for each in (ADA, "nobody@example.com")]

        assert {(each.status, each.reason) for each in [*answers, off.complete("wxrm_none")]} == {
            (404, "mail_off")
        }

    def test_given_many_requests_for_an_address_then_it_gets_no_more(self, post: Post, ada: SignedIn) -> None:
        post.verify(ada)

        for email in (ADA, "nobody@example.com"):
            asked = [post.client.post(RECOVERY, {"email": email}).status for _ in range(6)]
            assert asked[3:] == ([202, 429, 429] if email == ADA else [202, 202, 429])

    def test_given_one_network_that_asks_for_all_then_it_is_refused(self, make_client: ApiClient) -> None:
        asked = [make_client.post(RECOVERY, {"email": f"{n}@example.com"}).status for n in range(4)]

        assert asked == [202, 202, 202, 429]

    @pytest.fixture
    def make_client(self, app_with: AppWith, mailbox: Mailbox) -> ApiClient:
        """A client of a service that sends three mails an hour."""
        return ApiClient(sender(app_with(**mailbox.settings, RATELIMIT_MAIL="3/hour")))


class TestWhereTokensStand:
    def test_given_a_mailed_token_then_no_table_and_no_log_holds_it(
        self, post: Post, ada: SignedIn, app: Flask, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        post.verify(ada)
        token = post.recovery_token()

        stored = everything_stored(app)
        post.complete(token).ok()

        with app.app_context(), reading() as session:
            assert session.query(MailedToken).count() == 0
        ours = [each.__dict__ for each in caplog.records if each.name != "mail.log"]  # the test's own server
        assert len(ours) > 3
        assert token not in stored + everything_stored(app) + str(ours)

    def test_given_a_server_that_is_busy_then_the_mail_comes_later_with_a_token_of_its_own(
        self, post: Post, ada: SignedIn, time: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        post.verify(ada)
        post.client.post(RECOVERY, {"email": ADA}).ok()
        post.mailbox.refusals.append("451 later, ada@example.com")
        assert post.sent() == []

        time.advance(seconds=6)

        assert post.complete(post.token()).status == 204
        assert "the server for mail answered 451" in caplog.text
        assert ADA not in caplog.text
