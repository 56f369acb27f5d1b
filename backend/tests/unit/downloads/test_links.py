"""`mode=`: the bytes through the service, a redirect to them, or a link in the envelope."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.support.apps import AppWith, MakeApp
from tests.support.client import ApiClient
from tests.support.inside import Inside
from tests.support.registry import Workshop
from tests.unit.downloads.conftest import SIZE_BYTES, Stored
from wxcloudrun.kit import clock

PUBLIC_URL = "https://registry.example.com/base"
LINK_SECONDS = 120


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """An application that is known under another name than it is reached."""
    return app_with(PUBLIC_URL=PUBLIC_URL, LINK_SECONDS=str(LINK_SECONDS))


@pytest.fixture
def link(shop: Workshop, stored: Stored) -> str:
    """The path of a signed link of this service."""
    answer = shop.download("stable", query={"mode": "presigned"}).ok()
    assert answer.data["sha256"] == stored.digest
    return urlsplit(str(answer.data["url"])).path.removeprefix("/base")


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let time pass."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    monkeypatch.setattr(clock, "now", lambda: moment)


class TestMode:
    @pytest.mark.parametrize("query", [{}, {"mode": "proxy"}, {"colour": "blue"}, {"tag": "x", "limit": "0"}])
    def test_given_proxy_or_parameters_that_mean_nothing_here_then_the_bytes(
        self, shop: Workshop, stored: Stored, query: dict[str, str]
    ) -> None:
        assert shop.download("stable", query=query).body == stored.data

    @pytest.mark.parametrize("mode", ["", "PROXY", "stream", "1"])
    @pytest.mark.usefixtures("stored")
    def test_given_an_unknown_mode_then_422_names_it(self, shop: Workshop, mode: str) -> None:
        answer = shop.download("stable", query={"mode": mode})

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "mode")

    def test_given_presigned_then_the_envelope_has_link_end_digest_and_size(
        self, shop: Workshop, stored: Stored
    ) -> None:
        answer = shop.download("stable", query={"mode": "presigned"}).ok()

        assert set(answer.data) == {"url", "expires_at", "sha256", "size"}
        assert (answer.data["sha256"], answer.data["size"]) == (stored.digest, SIZE_BYTES)
        lifetime = datetime.fromisoformat(answer.data["expires_at"]) - datetime.now(UTC)
        assert timedelta(seconds=LINK_SECONDS - 30) < lifetime <= timedelta(seconds=LINK_SECONDS)
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.usefixtures("stored")
    def test_given_redirect_then_302_without_a_body_that_nobody_keeps(self, shop: Workshop) -> None:
        answer = shop.download("stable", query={"mode": "redirect"})

        assert (answer.status, answer.body) == (302, b"")
        assert answer.headers["Location"].startswith("http")
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("mode", ["redirect", "presigned"])
    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404)])
    @pytest.mark.usefixtures("stored")
    def test_given_no_right_to_read_then_no_link(
        self, shop: Workshop, mode: str, who: str, status: int
    ) -> None:
        assert getattr(shop, who).get(shop.url("/+/stable"), query={"mode": mode}).status == status

    @pytest.mark.parametrize("mode", ["redirect", "presigned"])
    def test_given_an_absent_ref_then_404(self, shop: Workshop, mode: str) -> None:
        assert shop.download("absent", query={"mode": mode}).status == 404

    @pytest.mark.usefixtures("published")
    def test_given_a_public_project_then_everybody_gets_a_link(self, public_shop: Workshop) -> None:
        answer = public_shop.anonymous.get(public_shop.url("/+/stable"), query={"mode": "presigned"})

        assert answer.ok().data["size"] == SIZE_BYTES


def test_given_an_operator_who_wants_links_to_the_store_then_s3_serves_them_itself(app_with: AppWith) -> None:
    world = Inside(app_with(PUBLIC_URL=PUBLIC_URL, DOWNLOAD_LINKS="store"))
    shop = world.workshop()
    shop.upload(b"bytes", tag="t").ok()

    url = shop.download("t", query={"mode": "presigned"}).ok().data["url"]

    is_local = world.app.extensions["settings"].blob_store == "local"
    assert url.startswith(f"{PUBLIC_URL}/api/v1/blobs/") is is_local
    assert ("X-Amz-Signature" in url) is not is_local


class TestSignedLink:
    @pytest.mark.usefixtures("stored")
    def test_given_a_link_then_it_begins_with_the_public_url_and_never_with_the_host_header(
        self, shop: Workshop
    ) -> None:
        headers = {"Host": "evil.example.org", "X-Forwarded-Host": "evil.example.org"}

        presigned = shop.download("stable", query={"mode": "presigned"}, headers=headers).data["url"]
        redirected = shop.download("stable", query={"mode": "redirect"}, headers=headers).headers["Location"]

        for url in (presigned, redirected):
            assert url.startswith(f"{PUBLIC_URL}/api/v1/blobs/")

    def test_given_a_link_then_it_opens_without_credentials(
        self, client: ApiClient, stored: Stored, link: str
    ) -> None:
        answer = client.get(link).ok()

        assert answer.body == stored.data
        assert answer.headers["Content-Disposition"] == 'attachment; filename="app.zip"'
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["X-Checksum-SHA256"] == stored.digest
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer.headers["Cache-Control"]

    def test_given_a_redirect_then_it_leads_to_the_bytes(
        self, client: ApiClient, shop: Workshop, stored: Stored
    ) -> None:
        location = shop.download("stable", query={"mode": "redirect"}).headers["Location"]

        assert client.get(urlsplit(location).path.removeprefix("/base")).body == stored.data

    def test_given_a_link_then_it_serves_parts_and_conditions(
        self, client: ApiClient, stored: Stored, link: str
    ) -> None:
        part = client.get(link, headers={"Range": "bytes=-10"})

        assert (part.status, part.body) == (206, stored.data[-10:])
        assert client.get(link, headers={"If-None-Match": stored.etag}).status == 304
        assert client.head(link).headers["Content-Length"] == str(SIZE_BYTES)

    def test_given_a_link_when_the_tag_moves_then_it_still_opens_the_same_bytes(
        self, client: ApiClient, shop: Workshop, stored: Stored, link: str
    ) -> None:
        shop.upload(b"new bytes", tag="stable").ok()

        assert client.get(link).body == stored.data

    def test_given_its_time_is_not_over_then_it_opens(
        self, client: ApiClient, stored: Stored, link: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later(monkeypatch, LINK_SECONDS - 30)

        assert client.get(link).body == stored.data

    @pytest.mark.parametrize("seconds", [LINK_SECONDS + 1, 86_400, -301, -86_400 * 400])
    def test_given_its_time_is_over_or_it_was_made_in_the_future_then_410(
        self, client: ApiClient, link: str, monkeypatch: pytest.MonkeyPatch, seconds: int
    ) -> None:
        later(monkeypatch, seconds)

        answer = client.get(link)

        assert (answer.status, answer.reason) == (410, "gone")

    @pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
    def test_given_a_link_that_was_changed_anywhere_then_404(
        self, client: ApiClient, link: str, place: float
    ) -> None:
        start = len("/api/v1/blobs/")
        at = start + int((len(link) - start) * place)
        changed = link[:at] + ("A" if link[at] != "A" else "B") + link[at + 1 :]

        assert client.get(changed).status == 404

    @pytest.mark.parametrize("token", ["x", "a.b", "..", "%00", "é", "." * 500, "eyJ4IjoxfQ.c2lnbmF0dXJl"])
    def test_given_a_link_that_was_never_given_out_then_404(self, client: ApiClient, token: str) -> None:
        assert client.get(f"/api/v1/blobs/{token}").status == 404

    def test_given_the_link_of_another_service_then_404(self, make_app: MakeApp, link: str) -> None:
        from tests.support.client import sender  # noqa: PLC0415  # only this test sends without the network

        other = make_app(API_KEY_SECRET="another secret of at least 32 different bytes 0123456789")

        assert ApiClient(sender(other)).get(link).status == 404
