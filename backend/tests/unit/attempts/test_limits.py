"""Who tries too often has to wait; who did nothing wrong does not."""

from typing import Any

import argon2
import pytest
from flask import Flask

from tests.support import wechat
from tests.support.apps import AppWith, MakeApp
from tests.support.client import Answer, ApiClient, sender
from tests.support.logins import PASSWORD, AddUser, LogIn, SignedIn
from tests.support.moments import Clock
from wxcloudrun.users.service.passwords import HASH_BYTES, LANES, MEMORY_KIB, SALT_BYTES, TIME_COST

LOGIN = "/api/v1/auth/login"
REGISTER = "/api/v1/auth/register"
REFRESH = "/api/v1/auth/refresh"
WRONG = "a wrong password"


def try_login(
    client: ApiClient, password: str = PASSWORD, email: str = "ada@example.com", *, at: str = "192.0.2.1"
) -> Answer:
    """Log in from some address."""
    return client.post(LOGIN, {"email": email, "password": password}, environ_overrides={"REMOTE_ADDR": at})


class TestOneAddress:
    def test_given_ten_failures_then_the_eleventh_try_waits_even_with_the_right_password(
        self, client: ApiClient, add_user: AddUser
    ) -> None:
        add_user()

        assert [try_login(client, WRONG).status for _ in range(10)] == [401] * 10
        answer = try_login(client)

        assert (answer.status, answer.reason) == (429, "too_many_requests")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert (answer.data["limit"], answer.data["window_seconds"]) == (10, 60)
        assert answer.data["retry_after"] == int(answer.headers["Retry-After"])

    def test_given_the_minute_is_over_then_the_right_password_gets_in(
        self, client: ApiClient, add_user: AddUser, time: Clock
    ) -> None:
        add_user()
        for _ in range(11):
            try_login(client, WRONG)
        time.advance(seconds=61)

        assert try_login(client).status == 200

    def test_given_successes_then_they_are_not_counted(self, client: ApiClient, add_user: AddUser) -> None:
        add_user()

        assert {try_login(client).status for _ in range(15)} == {200}

    def test_given_failures_at_one_account_then_another_is_not_affected(
        self, client: ApiClient, add_user: AddUser
    ) -> None:
        add_user()
        add_user("grace@example.com")
        for _ in range(11):
            try_login(client, WRONG)

        assert try_login(client, email="grace@example.com").status == 200

    def test_given_other_spellings_of_the_address_then_they_are_one_account(
        self, client: ApiClient, add_user: AddUser
    ) -> None:
        add_user()
        for number in range(10):
            try_login(client, WRONG, "ADA@example.com" if number % 2 else "ada@EXAMPLE.com")

        assert try_login(client).status == 429

    def test_given_an_address_that_nobody_has_then_it_is_limited_in_the_same_way(
        self, client: ApiClient
    ) -> None:
        statuses = [try_login(client, WRONG, "nobody@example.com").status for _ in range(11)]

        assert statuses == [401] * 10 + [429]

    def test_given_an_ipv6_network_then_all_its_addresses_are_one(
        self, client: ApiClient, add_user: AddUser
    ) -> None:
        add_user()
        for number in range(10):
            try_login(client, WRONG, at=f"2001:db8:0:1::{number:x}")

        assert try_login(client, at="2001:db8:0:1:ffff::1").status == 429
        assert try_login(client, at="2001:db8:0:2::1").status == 200

    def test_given_one_who_tries_many_accounts_then_their_address_is_limited(self, make_app: MakeApp) -> None:
        client = ApiClient(sender(make_app(RATELIMIT_LOGIN_ADDRESS="5/minute")))

        statuses = [try_login(client, WRONG, f"user{number}@example.com").status for number in range(6)]

        assert statuses == [401] * 5 + [429]

    def test_given_a_limit_that_is_off_then_there_is_none(self, make_app: MakeApp) -> None:
        client = ApiClient(sender(make_app(RATELIMIT_LOGIN="off")))

        assert {try_login(client, WRONG).status for _ in range(12)} == {401}


class TestStrangersCannotLockAnybodyOut:
    @pytest.fixture
    def app(self, app_with: AppWith) -> Flask:
        """An application with a limit per account that a test can reach."""
        return app_with(RATELIMIT_LOGIN_ACCOUNT="5/hour", RATELIMIT_LOGIN="5/minute")

    @pytest.fixture
    def attacked(self, client: ApiClient, add_user: AddUser) -> ApiClient:
        """An account whose owner has been in from 192.0.2.1, and that many strangers are trying."""
        add_user()
        try_login(client, at="192.0.2.1").ok()
        for number in range(7):
            assert try_login(client, WRONG, at=f"203.0.113.{number}").status == 401
        return client

    def test_then_a_stranger_has_one_try_from_each_network(self, attacked: ApiClient) -> None:
        assert try_login(attacked, WRONG, at="198.51.100.1").status == 401
        assert try_login(attacked, WRONG, at="198.51.100.1").status == 429
        assert try_login(attacked, PASSWORD, at="198.51.100.1").status == 429

    def test_then_the_owner_gets_in_from_where_they_were_before(self, attacked: ApiClient) -> None:
        assert try_login(attacked, at="192.0.2.1").status == 200

    def test_then_the_owner_may_mistype_where_they_were_before(self, attacked: ApiClient) -> None:
        for _ in range(3):
            assert try_login(attacked, WRONG, at="192.0.2.1").status == 401
        assert try_login(attacked, at="192.0.2.1").status == 200

    def test_then_the_owner_gets_in_from_somewhere_new(self, attacked: ApiClient) -> None:
        assert try_login(attacked, at="198.51.100.77").status == 200

    def test_then_whoever_is_logged_in_stays_so(self, attacked: ApiClient, log_in: LogIn) -> None:
        ada = log_in()

        assert attacked.post(REFRESH, {"refresh_token": ada.refresh_token}).status == 200

    def test_then_it_is_over_when_the_hour_is(
        self, client: ApiClient, add_user: AddUser, time: Clock
    ) -> None:
        add_user()
        for number in range(6):
            try_login(client, WRONG, at=f"203.0.113.{number}")
        try_login(client, WRONG, at="198.51.100.1")
        assert try_login(client, WRONG, at="198.51.100.1").status == 429
        time.advance(hours=1, seconds=1)

        assert try_login(client, at="198.51.100.1").status == 200


class TestOtherLimits:
    def test_sign_ups_are_counted_by_address_whether_they_succeed_or_not(self, make_app: MakeApp) -> None:
        client = ApiClient(sender(make_app(RATELIMIT_REGISTER="3/hour")))
        body = {"email": "ada@example.com", "password": PASSWORD}

        statuses = [client.post(REGISTER, body).status for _ in range(4)]
        elsewhere = client.post(
            REGISTER, {**body, "email": "b@example.com"}, environ_overrides={"REMOTE_ADDR": "192.0.2.9"}
        )

        assert statuses == [201, 409, 409, 429]
        assert elsewhere.status == 201

    def test_refreshes_are_counted_by_address(self, make_app: MakeApp) -> None:
        client = ApiClient(sender(make_app(RATELIMIT_REFRESH="2/minute")))

        statuses = [client.post(REFRESH, {"refresh_token": "wxrt_x"}).status for _ in range(3)]

        assert statuses == [401, 401, 429]

    def test_logins_by_wechat_are_counted_by_address_before_wechat_is_asked(
        self, make_app: MakeApp, requests_mock: Any
    ) -> None:
        client = ApiClient(sender(make_app(**wechat.SETTINGS, RATELIMIT_WECHAT="2/minute")))
        requests_mock.get(wechat.URL, json=wechat.refusal(40029))

        statuses = [client.post("/api/v1/auth/wechat", {"code": "x"}).status for _ in range(3)]

        assert statuses == [401, 401, 429]
        assert requests_mock.call_count == 2

    def test_guessing_the_current_password_is_limited_too(self, add_user: AddUser, log_in: LogIn) -> None:
        add_user()
        ada = log_in()
        body = {"current_password": WRONG, "new_password": "long enough"}

        statuses = [ada.call("PUT", "/api/v1/auth/password", body).status for _ in range(11)]

        assert statuses == [403] * 10 + [429]

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("PUT", "/api/v1/auth/password", {"current_password": WRONG, "new_password": "long enough"}),
            ("PUT", "/api/v1/auth/email", {"email": "ada@example.org", "password": WRONG}),
        ],
    )
    def test_given_guesses_by_who_is_logged_in_then_they_count_as_logins(
        self, client: ApiClient, ada: SignedIn, method: str, path: str, body: dict[str, str]
    ) -> None:
        guesses = [ada.call(method, path, body).status for _ in range(10)]
        login = client.post(LOGIN, {"email": "ada@example.com", "password": PASSWORD})

        assert guesses == [403] * 10
        assert (login.status, login.reason) == (429, "too_many_requests")


class TestWhereARequestComesFrom:
    def fail(self, client: ApiClient, forwarded: str) -> int:
        """Fail to log in, with a header that anybody can write."""
        body = {"email": "ada@example.com", "password": WRONG}
        return client.post(LOGIN, body, headers={"X-Forwarded-For": forwarded}).status

    def test_given_no_proxy_then_the_header_means_nothing(self, client: ApiClient) -> None:
        statuses = [self.fail(client, f"198.51.100.{number}") for number in range(11)]

        assert statuses[-1] == 429

    @pytest.mark.parametrize("forged", ["", "203.0.113.5, ", "203.0.113.5, 203.0.113.6, "])
    def test_given_one_proxy_then_what_it_wrote_counts_and_nothing_before_it(
        self, app_with: AppWith, forged: str
    ) -> None:
        client = ApiClient(sender(app_with(TRUSTED_PROXY_HOPS="1", RATELIMIT_LOGIN="2/minute")))

        same = [self.fail(client, f"{forged}198.51.100.1") for _ in range(3)]
        other = self.fail(client, f"{forged}198.51.100.2")

        assert same == [401, 401, 429]
        assert other == 401

    def test_given_two_proxies_then_the_last_but_one_entry_counts(self, make_app: MakeApp) -> None:
        client = ApiClient(sender(make_app(TRUSTED_PROXY_HOPS="2", RATELIMIT_LOGIN="1/minute")))

        statuses = [self.fail(client, f"{n}.0.0.1, 198.51.100.1, 10.0.0.{n}") for n in (1, 2)]

        assert statuses == [401, 429]


@pytest.mark.same_everywhere
class TestHashing:
    def test_the_parameters_are_at_least_what_owasp_asks_of_argon2id(self) -> None:
        """The password storage cheat sheet: m=19456 (19 MiB), t=2, p=1 or stronger."""
        assert MEMORY_KIB >= 19_456
        assert TIME_COST >= 2
        assert LANES >= 1
        assert SALT_BYTES >= 16
        assert HASH_BYTES >= 32

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("ada@example.com", WRONG),
            ("nobody@example.com", WRONG),
            ("gone@example.com", PASSWORD),
            ("wechat@example.com", WRONG),
            ("no address at all", WRONG),
        ],
    )
    def test_every_refusal_costs_one_verification_of_the_same_price(
        self, client: ApiClient, add_user: AddUser, monkeypatch: pytest.MonkeyPatch, email: str, password: str
    ) -> None:
        add_user()
        add_user("gone@example.com", is_active=False)
        add_user("wechat@example.com", password_hash=None)
        verified: list[argon2.Parameters] = []
        verify = argon2.PasswordHasher.verify

        def counting(hasher: argon2.PasswordHasher, stored: str, offered: str) -> bool:
            verified.append(argon2.extract_parameters(stored))
            return verify(hasher, stored, offered)

        monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)

        assert try_login(client, password, email).status == 401
        assert len(verified) == 1
        assert (verified[0].memory_cost, verified[0].time_cost) == (MEMORY_KIB, TIME_COST)
