"""npm logs in by a page: the machine waits, somebody gives it a key in a browser, it fetches that once."""

from typing import Any

import pytest
from flask import Flask

from tests.support.client import Answer, ApiClient
from tests.support.logins import PASSWORD, AddUser, SignedIn
from tests.support.moments import Clock
from tests.support.npm_pages import answered, begun_login, opened_page
from tests.support.second_factors import second_factor
from wxcloudrun.kit.db import reading
from wxcloudrun.npm_accounts.models import NpmLogin
from wxcloudrun.npm_accounts.service.web_logins import WebLoginService

ADA = "ada@example.com"


def ask(client: ApiClient, path: str, method: str = "GET") -> Answer:
    """Ask, as npm does, whether somebody has answered."""
    return client.as_(None).request(method, path)


class TestTheWholeWay:
    def test_given_an_answered_page_then_the_machine_fetches_its_key_once(
        self, client: ApiClient, ada: SignedIn
    ) -> None:
        begun = begun_login(client, "tools", hostname="laptop")
        waiting = ask(client, begun.done)
        assert (waiting.status, waiting.headers["Retry-After"], waiting.data) == (202, "1", {})

        done = answered(client, opened_page(client, begun.page), ADA, PASSWORD)

        assert done.status == 200
        assert b"<form" not in done.body
        fetched = ask(client, begun.done)
        assert fetched.status == 200
        key = fetched.data["token"]
        assert client.as_(key).get("/npm/tools/-/whoami").ok().data == {"username": "ada"}
        [listed] = ada.call("GET", "/api/v1/auth/keys").ok().items
        assert (listed["name"], listed["project"], listed["scopes"]) == (
            "npm laptop", "tools", ["read", "write"],
        )  # fmt: skip
        assert ask(client, begun.done).status == 404

    @pytest.mark.usefixtures("ada")
    def test_given_who_asks_for_the_headers_alone_then_the_key_is_still_there(
        self, client: ApiClient
    ) -> None:
        begun = begun_login(client, "tools")
        answered(client, opened_page(client, begun.page), ADA, PASSWORD)

        assert ask(client, begun.done, "HEAD").status == 202
        assert ask(client, begun.done).status == 200

    @pytest.mark.usefixtures("ada")
    def test_given_nothing_but_the_address_then_the_machine_is_called_by_it(self, client: ApiClient) -> None:
        posted = client.as_(None).post(
            "/npm/tools/-/v1/login",
            {},
            headers={"User-Agent": "npm/11.21.2 node/v20"},
            environ_overrides={"REMOTE_ADDR": "192.0.2.9"},
        )
        page = opened_page(client, "/npm/" + posted.ok().data["loginUrl"].partition("/npm/")[2])

        assert b"192.0.2.9" in page.answer.body
        assert b"npm/11.21.2 node/v20" in page.answer.body
        assert b"<strong>It asks from another address" in page.answer.body

    def test_given_a_second_factor_then_it_is_asked_for(
        self, client: ApiClient, ada: SignedIn, time: Clock
    ) -> None:
        telephone = second_factor(ada.client.as_(ada.access_token))
        time.advance(seconds=60)
        begun = begun_login(client, "tools")
        page = opened_page(client, begun.page)

        asked = answered(client, page, ADA, PASSWORD)
        assert asked.status == 401
        assert "WWW-Authenticate" not in asked.headers, "a browser would ask for another password"
        assert ask(client, begun.done).status == 202
        assert answered(client, page, ADA, PASSWORD, telephone.code()).status == 200
        assert ask(client, begun.done).status == 200


class TestThePage:
    @pytest.mark.usefixtures("ada")
    def test_given_a_browser_then_nothing_may_run_frame_or_lead_away(self, client: ApiClient) -> None:
        page = opened_page(client, begun_login(client, "tools").page)

        policy = page.answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert page.answer.headers["X-Frame-Options"] == "DENY"
        assert page.answer.headers["Cache-Control"] == "no-store"
        assert page.answer.headers["Referrer-Policy"] == "same-origin"
        assert b"<script" not in page.answer.body
        cookie = page.answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {each.strip() for each in cookie.split(";")}

    @pytest.mark.usefixtures("ada")
    def test_given_what_a_machine_says_of_itself_then_it_is_only_text(self, client: ApiClient) -> None:
        begun = begun_login(client, "tools", hostname="<b>\u202elaptop\n" + "x" * 500)

        body = opened_page(client, begun.page).answer.body.decode()

        assert "&lt;b&gt;laptopxxx" in body
        assert "<b>" not in body
        assert "\u202e" not in body
        assert "x" * 100 not in body

    @pytest.mark.usefixtures("ada")
    def test_given_either_language_then_it_speaks_it(self, client: ApiClient) -> None:
        begun = begun_login(client, "tools")

        english = opened_page(client, begun.page).answer
        chinese = opened_page(client, begun.page, headers={"Accept-Language": "zh-CN"}).answer
        named = opened_page(client, begun.page, query={"lang": "zh"}).answer

        assert (english.headers["Content-Language"], chinese.headers["Content-Language"]) == ("en", "zh-CN")
        assert "密码" in chinese.body.decode()
        assert "密码" in named.body.decode()
        assert b"Password" in english.body
        assert b"Password" not in chinese.body
        gone = client.as_(None).get("/npm/tools/-/v1/login/none", query={"lang": "zh"})
        assert gone.headers["Content-Language"] == "zh-CN"
        assert "npm login" in gone.msg

    @pytest.mark.usefixtures("ada")
    def test_given_a_wrong_password_then_the_form_comes_again_without_it(self, client: ApiClient) -> None:
        page = opened_page(client, begun_login(client, "tools").page)

        again = answered(client, page, "ada", "a wrong one")

        assert again.status == 401
        assert "the name or the password is wrong" in again.msg
        assert 'value="ada"' in again.msg
        assert "a wrong one" not in again.msg
        assert answered(client, page, "ada", PASSWORD).status == 200

    @pytest.mark.usefixtures("ada")
    def test_given_too_many_wrong_ones_then_the_page_says_when_to_come_back(self, client: ApiClient) -> None:
        page = opened_page(client, begun_login(client, "tools").page)
        for _ in range(10):
            answered(client, page, ADA, "wrong")

        limited = answered(client, page, ADA, PASSWORD)

        assert limited.status == 429
        assert int(limited.headers["Retry-After"]) >= 1


class TestForgery:
    @pytest.mark.parametrize(
        "forged",
        [
            {"cookies": {}},
            {"cookies": {"npm_login": "another"}},
            {"fields": {"seal": "0" * 64}},
            {"fields": {"seal": ""}},
            {"fields": {"seal": "密"}},
            {"headers": {"Sec-Fetch-Site": "cross-site"}},
            {"headers": {"Origin": "https://evil.example"}},
            {"headers": {"Origin": "null"}},
        ],
        ids=str,
    )
    @pytest.mark.usefixtures("ada")
    def test_given_a_form_of_another_site_then_it_is_refused(
        self, client: ApiClient, forged: dict[str, dict[str, str]]
    ) -> None:
        begun = begun_login(client, "tools")
        page = opened_page(client, begun.page)
        sent = page.filled(ADA, PASSWORD, **forged.get("fields", {}))
        cookies = forged.get("cookies", page.cookies)
        sent["headers"]["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        sent["headers"] |= forged.get("headers", {})

        refused = client.as_(None).request("POST", page.path, **sent)

        assert refused.status == 403
        assert ask(client, begun.done).status == 202

    @pytest.mark.usefixtures("ada")
    def test_given_the_seal_of_another_page_then_it_is_refused(self, client: ApiClient) -> None:
        one, other = (opened_page(client, begun_login(client, "tools").page) for _ in range(2))

        sent = one.filled(ADA, PASSWORD, seal=other.seal)

        assert client.as_(None).request("POST", one.path, **sent).status == 403


class TestTheCodes:
    @pytest.mark.usefixtures("ada")
    def test_given_what_is_kept_then_no_code_is_in_it(self, app: Flask, client: ApiClient) -> None:
        begun = begun_login(client, "tools")

        with app.app_context(), reading() as session:
            [row] = session.query(NpmLogin).all()
            kept = " ".join(str(value) for value in vars(row).values())
        for path in (begun.page, begun.done):
            code = path.rpartition("/")[2]
            assert len(code) >= 43, "256 bits"
            assert code not in kept

    @pytest.mark.usefixtures("ada")
    def test_given_one_code_in_the_place_of_the_other_then_there_is_nothing(self, client: ApiClient) -> None:
        begun = begun_login(client, "tools")
        answered(client, opened_page(client, begun.page), ADA, PASSWORD)

        assert ask(client, begun.done.replace("/done/", "/login/")).status == 404
        assert ask(client, begun.page.replace("/login/", "/done/")).status == 404

    def test_given_another_project_then_the_codes_open_nothing_there(
        self, client: ApiClient, ada: SignedIn
    ) -> None:
        ada.call("POST", "/api/v1/projects", {"name": "other"}).ok()
        begun = begun_login(client, "tools")

        assert ask(client, begun.page.replace("/tools/", "/other/")).status == 404
        answered(client, opened_page(client, begun.page), ADA, PASSWORD)
        assert ask(client, begun.done.replace("/tools/", "/other/")).status == 404
        assert ask(client, begun.done).status == 200

    @pytest.mark.usefixtures("ada")
    @pytest.mark.usefixtures("ada", "root")
    def test_given_an_answered_page_then_nobody_answers_it_again(self, client: ApiClient) -> None:
        page = opened_page(client, begun_login(client, "tools").page)
        answered(client, page, ADA, PASSWORD).ok()

        assert answered(client, page, "root@example.com", PASSWORD).status == 404
        assert opened_page(client, page.path).answer.status == 404

    @pytest.mark.usefixtures("ada")
    def test_given_ten_minutes_then_it_is_over_and_forgotten(
        self, app: Flask, client: ApiClient, time: Clock
    ) -> None:
        begun, late = begun_login(client, "tools"), begun_login(client, "tools")
        page = opened_page(client, begun.page)
        answered(client, opened_page(client, late.page), ADA, PASSWORD).ok()
        time.advance(minutes=10)

        assert answered(client, page, ADA, PASSWORD).status == 404
        assert ask(client, begun.done).status == 404
        assert ask(client, late.done).status == 404
        with app.app_context():
            assert app.extensions["services"][WebLoginService].forget_expired() == 2

    @pytest.mark.usefixtures("ada")
    def test_given_a_project_that_is_none_of_theirs_then_nothing_is_given(
        self, client: ApiClient, root: SignedIn
    ) -> None:
        root.call("POST", "/api/v1/projects", {"name": "hidden"}).ok()
        begun = {project: begun_login(client, project) for project in ("hidden", "absent")}

        pages = {
            project: answered(client, opened_page(client, each.page), ADA, PASSWORD)
            for project, each in begun.items()
        }

        assert [each.status for each in pages.values()] == [404, 404]
        assert "hidden does not exist or is not visible to you" in pages["hidden"].msg
        assert "absent does not exist or is not visible to you" in pages["absent"].msg
        assert [ask(client, each.done).status for each in begun.values()] == [202, 202]

    @pytest.mark.parametrize("project", ["UPPER", "a b", "-"])
    def test_given_what_no_project_is_called_then_404(self, client: ApiClient, project: str) -> None:
        assert client.as_(None).post(f"/npm/{project}/-/v1/login", {}).status == 404


class TestWhatHappensMeanwhile:
    @pytest.mark.parametrize(
        "change",
        [
            ("PATCH", {"is_active": False}),
            ("PATCH", {"password": "another battery, another staple"}),
            ("DELETE", None),
        ],
        ids=str,
    )
    def test_given_that_all_ways_in_have_ended_then_there_is_no_key(
        self,
        client: ApiClient,
        ada: SignedIn,
        root: SignedIn,
        add_user: AddUser,
        change: tuple[str, Any],
    ) -> None:
        grace = add_user("grace@example.com")
        ada.call("POST", "/api/v1/project/tools/members", {"user": "grace@example.com", "role": "reader"})
        begun = begun_login(client, "tools")
        answered(client, opened_page(client, begun.page), "grace@example.com", PASSWORD).ok()

        method, body = change
        root.call(method, f"/api/v1/users/{grace}", body).ok()

        assert ask(client, begun.done).status == 404

    def test_given_that_they_have_left_the_project_then_there_is_no_key(
        self, client: ApiClient, ada: SignedIn, add_user: AddUser
    ) -> None:
        grace = add_user("grace@example.com")
        members = "/api/v1/project/tools/members"
        ada.call("POST", members, {"user": "grace@example.com", "role": "reader"}).ok()
        begun = begun_login(client, "tools")
        answered(client, opened_page(client, begun.page), "grace@example.com", PASSWORD).ok()

        ada.call("DELETE", f"{members}/{grace}").ok()

        assert ask(client, begun.done).status == 404

    @pytest.mark.usefixtures("ada")
    def test_given_too_many_machines_from_one_place_then_they_wait(self, client: ApiClient) -> None:
        statuses = {client.as_(None).post("/npm/tools/-/v1/login", {}).status for _ in range(101)}

        assert statuses == {200, 429}
