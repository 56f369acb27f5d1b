"""A second factor: setting it up, logging in with it, losing it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from requests_mock import Mocker
from sqlalchemy import func, select

from tests.support import wechat
from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient
from tests.support.database_dump import everything_stored
from tests.support.logins import PASSWORD, AddUser, SignedIn
from tests.support.moments import Clock
from tests.support.second_factors import FACTOR, Telephone, second_factor
from tests.unit.audit.conftest import entries
from wxcloudrun.kit.db import reading
from wxcloudrun.notices.models import Notice
from wxcloudrun.second_factors.models import RecoveryCode, SecondFactor

LOGIN = "/api/v1/auth/login"
PROOF = "/api/v1/auth/proof"
ME = "/api/v1/auth/me"
USERS = "/api/v1/users"


def attempt(client: ApiClient, password: str = PASSWORD, **code: str) -> Answer:
    """Try to log in."""
    return client.post(LOGIN, {"email": "ada@example.com", "password": password, **code})


@pytest.fixture
def telephone(ada: SignedIn) -> Telephone:
    """What ada has beside her password."""
    return second_factor(ada.client.as_(ada.access_token))


class TestSettingUp:
    def test_given_an_offer_then_nothing_is_asked_for_before_it_is_confirmed(
        self, client: ApiClient, ada: SignedIn
    ) -> None:
        offer = ada.call("POST", FACTOR).ok().data

        parts = urlsplit(offer["uri"])
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
        assert parse_qs(parts.query)["secret"] == [offer["secret"]]
        assert attempt(client).status == 200
        assert ada.call("GET", FACTOR).data == {"enabled_at": None, "recovery_codes_left": 0}

    def test_given_a_wrong_code_then_422_and_logins_need_none(self, client: ApiClient, ada: SignedIn) -> None:
        ada.call("POST", FACTOR).ok()

        assert ada.call("POST", f"{FACTOR}/confirm", {"totp": "000000"}).status == 422
        assert attempt(client).status == 200

    def test_given_two_offers_then_the_second_counts(self, ada: SignedIn) -> None:
        first = Telephone(ada.call("POST", FACTOR).ok().data["secret"], [])
        second = Telephone(ada.call("POST", FACTOR).ok().data["secret"], [])

        assert ada.call("POST", f"{FACTOR}/confirm", {"totp": first.code()}).status == 422
        assert ada.call("POST", f"{FACTOR}/confirm", {"totp": second.code()}).status == 200

    def test_given_one_that_is_set_up_then_it_is_not_replaced(
        self, ada: SignedIn, telephone: Telephone
    ) -> None:
        assert ada.call("POST", FACTOR).status == 409
        assert ada.call("POST", f"{FACTOR}/confirm", {"totp": telephone.code(seconds=30)}).status == 409

    def test_neither_secret_nor_recovery_codes_are_stored_in_clear(
        self, app: Flask, telephone: Telephone
    ) -> None:
        dump = everything_stored(app)

        assert telephone.secret not in dump
        assert len(telephone.recovery_codes) == 10
        for code in telephone.recovery_codes:
            assert code not in dump
            assert code.replace("-", "") not in dump

    @pytest.mark.usefixtures("telephone")
    def test_given_it_is_removed_then_the_password_is_enough(self, client: ApiClient, ada: SignedIn) -> None:
        assert attempt(client).reason == "second_factor_needed"

        assert ada.call("DELETE", FACTOR).status == 204

        assert attempt(client).status == 200
        assert ada.call("DELETE", FACTOR).status == 404
        assert ada.call("POST", f"{FACTOR}/recovery-codes").status == 404


class TestLoggingIn:
    def test_given_the_right_password_alone_then_a_code_is_asked_for(
        self, client: ApiClient, telephone: Telephone
    ) -> None:
        answer = attempt(client)

        assert (answer.status, answer.reason) == (401, "second_factor_needed")
        assert attempt(client, totp=telephone.code(seconds=30)).status == 200

    @pytest.mark.same_everywhere
    def test_given_a_wrong_password_then_nobody_hears_of_a_second_factor(
        self, client: ApiClient, add_user: AddUser, telephone: Telephone
    ) -> None:
        add_user("bob@example.com")
        with_factor = attempt(client, "not this one", totp=telephone.code(seconds=30))
        bob = {"email": "bob@example.com", "password": "not this one", "totp": "000000"}
        without = client.post(LOGIN, bob)

        assert with_factor.reason == without.reason == "unauthorized"
        assert (with_factor.data, with_factor.msg) == (without.data, without.msg)

    def test_given_a_code_that_was_used_then_it_is_refused(
        self, client: ApiClient, telephone: Telephone, time: Clock
    ) -> None:
        code = telephone.code(seconds=30)
        assert attempt(client, totp=code).status == 200

        assert attempt(client, totp=code).reason == "second_factor_needed"

        time.advance(seconds=60)
        assert attempt(client, totp=code).reason == "second_factor_needed"
        assert attempt(client, totp=telephone.code()).status == 200

    @pytest.mark.same_everywhere
    def test_given_wrong_codes_then_they_count_as_failed_logins(
        self, client: ApiClient, telephone: Telephone
    ) -> None:
        tried = [attempt(client, totp="000000").status for _ in range(12)]

        assert tried == [401] * 10 + [429] * 2
        assert attempt(client, totp=telephone.code(seconds=30)).status == 429

    @pytest.mark.same_everywhere
    def test_given_the_first_step_often_then_it_is_no_failure(
        self, client: ApiClient, telephone: Telephone
    ) -> None:
        assert {attempt(client).status for _ in range(15)} == {401}
        assert attempt(client, totp=telephone.code(seconds=30)).status == 200

    def test_given_a_recovery_code_then_it_is_good_once(
        self, client: ApiClient, telephone: Telephone, root: SignedIn
    ) -> None:
        code = telephone.recovery_codes[3]

        assert attempt(client, recovery_code=code.upper()).status == 200

        assert attempt(client, recovery_code=code).reason == "second_factor_needed"
        assert attempt(client, recovery_code=telephone.recovery_codes[4]).status == 200
        used = entries(client.as_(root.access_token), action="recovery_code.used")
        assert [entry["after"]["left"] for entry in used] == [9, 8]

    def test_given_new_recovery_codes_then_the_old_ones_are_good_no_more(
        self, client: ApiClient, ada: SignedIn, telephone: Telephone
    ) -> None:
        fresh = ada.call("POST", f"{FACTOR}/recovery-codes").ok().data["recovery_codes"]

        assert attempt(client, recovery_code=telephone.recovery_codes[0]).status == 401
        assert attempt(client, recovery_code=fresh[0]).status == 200

    @pytest.mark.usefixtures("telephone")
    def test_given_somebody_elses_recovery_code_then_it_opens_nothing(
        self, client: ApiClient, root: SignedIn
    ) -> None:
        other = second_factor(root.client.as_(root.access_token))

        assert attempt(client, recovery_code=other.recovery_codes[0]).status == 401


class TestProving:
    def test_given_a_second_factor_then_a_proof_needs_it(
        self, ada: SignedIn, telephone: Telephone, time: Clock
    ) -> None:
        time.advance(minutes=6)
        body: dict[str, Any] = {"password": PASSWORD}

        assert ada.call("POST", PROOF, body).reason == "second_factor_needed"
        assert ada.call("DELETE", FACTOR).reason == "proof_needed"
        assert ada.call("POST", PROOF, {**body, "totp": telephone.code()}).status == 204
        assert ada.call("DELETE", FACTOR).status == 204

    def test_given_a_second_factor_then_the_password_alone_does_not_change_the_password(
        self, ada: SignedIn, telephone: Telephone, time: Clock
    ) -> None:
        time.advance(minutes=6)
        body = {"current_password": PASSWORD, "new_password": "another long one"}

        assert ada.call("PUT", "/api/v1/auth/password", body).reason == "proof_needed"
        ada.call("POST", PROOF, {"password": PASSWORD, "totp": telephone.code()}).ok()
        assert ada.call("PUT", "/api/v1/auth/password", body).status == 200


class TestWechat:
    @pytest.fixture
    def app(self, app_with: AppWith) -> Flask:
        """An application that has a mini-program."""
        return app_with(**wechat.SETTINGS)

    def test_given_a_second_factor_then_wechat_is_no_way_around_it(
        self, requests_mock: Mocker, client: ApiClient
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())
        first = client.post("/api/v1/auth/wechat", {"code": "c"}).ok().data
        telephone = second_factor(client.as_(first["access_token"]))

        refused = client.post("/api/v1/auth/wechat", {"code": "c"})
        again = client.post("/api/v1/auth/wechat", {"code": "c", "totp": telephone.code(seconds=30)})

        assert (refused.status, refused.reason) == (401, "second_factor_needed")
        assert again.ok().data["user"]["id"] == first["user"]["id"]

    def test_given_a_code_that_is_still_to_come_then_no_refusal_is_noted(
        self, requests_mock: Mocker, client: ApiClient, root: SignedIn, time: Clock
    ) -> None:
        requests_mock.get(wechat.URL, json=wechat.person())
        first = client.post("/api/v1/auth/wechat", {"code": "c"}).ok().data
        second_factor(client.as_(first["access_token"]))
        time.advance(minutes=2)

        assert client.post("/api/v1/auth/wechat", {"code": "c"}).reason == "second_factor_needed"
        assert entries(client.as_(root.access_token), action="login.refused") == []


class TestDemandedFromAdministrators:
    @pytest.fixture
    def app(self, app_with: AppWith) -> Flask:
        """An application whose administrators need a second factor."""
        return app_with(ADMIN_SECOND_FACTOR="true")

    def test_given_none_then_an_administrator_is_a_user_like_any_other(
        self, root: SignedIn, ada: SignedIn
    ) -> None:
        answer = root.call("GET", USERS)

        assert (answer.status, answer.reason) == (403, "second_factor_missing")
        assert ada.call("GET", USERS).reason == "forbidden"
        assert root.call("GET", ME).status == 200

    def test_given_none_then_their_keys_administer_nothing_either(self, root: SignedIn) -> None:
        key = root.client.as_(root.make_key(scopes=["read", "write", "admin"])["key"])

        assert key.get(USERS).reason == "second_factor_missing"

    def test_given_one_then_they_administer(self, root: SignedIn) -> None:
        second_factor(root.client.as_(root.access_token))

        assert root.call("GET", USERS).status == 200


def test_given_somebody_leaves_then_nothing_of_their_second_factor_stays(
    app: Flask, ada: SignedIn, root: SignedIn
) -> None:
    second_factor(ada.client.as_(ada.access_token))

    assert root.call("DELETE", f"{USERS}/{ada.user_id}").status == 204

    with app.app_context(), reading() as session:
        left = {
            table: session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (SecondFactor, RecoveryCode, Notice)
        }
    assert set(left.values()) == {0}, left
