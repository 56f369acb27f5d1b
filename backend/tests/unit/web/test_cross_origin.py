"""Which pages may call, and what every answer tells browsers to leave undone."""

import pytest
from flask import Flask

from tests.support.apps import AppWith, MakeApp
from tests.support.client import ApiClient, sender

OURS = "https://console.example"
OTHER = "https://evil.example"
PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """An application that a console of another origin may call."""
    return app_with(CORS_ORIGINS=f"{OURS}, https://Other.example:8443/")


class TestAnswers:
    def test_given_an_allowed_page_then_it_may_read_the_answer(self, client: ApiClient) -> None:
        headers = client.get("/api/health", headers={"Origin": OURS}).headers

        assert headers["Access-Control-Allow-Origin"] == OURS
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert {"ETag", "X-Request-ID", "Retry-After", "X-Artifact-Id"} <= set(
            headers["Access-Control-Expose-Headers"].split(", ")
        )
        assert "Origin" in headers["Vary"]

    @pytest.mark.parametrize("path", ["/api/v1/projects", "/api/nowhere", "/api/v1/auth/login"])
    def test_given_a_refusal_then_the_page_may_read_it_too(self, client: ApiClient, path: str) -> None:
        answer = client.get(path, headers={"Origin": OURS})

        assert answer.status in {401, 404, 405}
        assert answer.headers["Access-Control-Allow-Origin"] == OURS

    def test_given_an_origin_in_another_spelling_of_the_settings_then_it_is_the_same(
        self, client: ApiClient
    ) -> None:
        headers = client.get("/api/health", headers={"Origin": "https://other.example:8443"}).headers

        assert headers["Access-Control-Allow-Origin"] == "https://other.example:8443"

    @pytest.mark.parametrize(
        "origin", [OTHER, "null", "", f"{OURS}.evil.example", f"{OURS}:444", "http://console.example"]
    )
    def test_given_any_other_page_then_it_may_not(self, client: ApiClient, origin: str) -> None:
        headers = client.get("/api/health", headers={"Origin": origin}).headers

        assert not [name for name in headers if name.startswith("Access-Control-")]
        assert "Origin" in headers["Vary"], "a cache must not hand one page's answer to another"

    def test_given_no_origins_then_nobody_may(self, make_app: MakeApp) -> None:
        headers = ApiClient(sender(make_app())).get("/api/health", headers={"Origin": OURS}).headers

        assert not [name for name in headers if name.startswith("Access-Control-")]


class TestPreflight:
    def test_given_a_known_url_then_its_methods_are_allowed_to_nobody_in_particular(
        self, client: ApiClient
    ) -> None:
        answer = client.request(
            "OPTIONS", "/api/v1/project/p/k/tags/stable", headers={"Origin": OURS, **PREFLIGHT}
        )

        assert answer.status == 204
        allowed = set(answer.headers["Access-Control-Allow-Methods"].split(", "))
        assert {"GET", "PUT", "DELETE"} <= allowed
        assert "POST" not in allowed
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert answer.headers["Access-Control-Max-Age"] == "7200"

    def test_given_another_page_then_the_answer_allows_nothing(self, client: ApiClient) -> None:
        answer = client.request("OPTIONS", "/api/v1/projects", headers={"Origin": OTHER, **PREFLIGHT})

        assert answer.status == 204
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]

    def test_given_an_unknown_url_then_404(self, client: ApiClient) -> None:
        assert client.request("OPTIONS", "/api/nowhere", headers={"Origin": OURS, **PREFLIGHT}).status == 404

    def test_given_options_without_a_page_then_it_says_what_the_url_takes(self, client: ApiClient) -> None:
        answer = client.request("OPTIONS", "/api/v1/projects")

        assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


class TestHardening:
    @pytest.mark.parametrize("path", ["/api/health", "/api/v1/projects", "/api/nowhere", "/api/openapi.json"])
    def test_every_answer_is_harmless(self, client: ApiClient, path: str) -> None:
        headers = client.get(path).headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")

    @pytest.mark.parametrize(
        ("url", "header"),
        [("https://registry.example", "max-age=31536000"), ("http://registry.example", None)],
    )
    def test_browsers_stay_with_https_where_it_is(
        self, app_with: AppWith, url: str, header: str | None
    ) -> None:
        headers = ApiClient(sender(app_with(PUBLIC_URL=url))).get("/api/health").headers

        assert headers.get("Strict-Transport-Security") == header

    def test_the_cookie_is_secure_where_a_proxy_speaks_https(self, make_app: MakeApp) -> None:
        client = ApiClient(sender(make_app(TRUSTED_PROXY_HOPS="1")))
        body = {"email": "a@b.example", "password": "long enough"}
        client.post("/api/v1/auth/register", body).ok()

        through = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
        cookie = client.post("/api/v1/auth/login", body, headers=through).headers["Set-Cookie"]

        assert "; Secure" in cookie
