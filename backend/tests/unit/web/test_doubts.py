"""Settings that work and are hardly meant."""

import pytest

from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.unit.test_config import PRODUCTION
from wxcloudrun.web.proxies import doubts

HTTPS, HTTP = "https://registry.example.com", "http://registry.example.com"


@pytest.mark.parametrize(
    ("hops", "is_production", "base_url", "doubted"),
    [
        (0, True, HTTPS, True),
        (1, True, HTTPS, False),
        (0, False, HTTPS, False),
        (0, True, HTTP, False),
    ],
)
def test_https_without_a_proxy_that_is_believed_is_doubted_in_production(
    *, hops: int, is_production: bool, base_url: str, doubted: bool
) -> None:
    found = doubts(hops=hops, is_production=is_production, base_url=base_url)

    assert set(found) == ({"TRUSTED_PROXY_HOPS"} if doubted else set())


def test_the_log_names_them_at_start_and_ready_counts_them(
    make_app: MakeApp, capfd: pytest.CaptureFixture[str]
) -> None:
    app = make_app(**PRODUCTION, PUBLIC_URL=HTTPS, LOG_LEVEL="WARNING")
    said = capfd.readouterr()

    assert "setting_in_doubt" in said.out + said.err
    assert ApiClient(sender(app)).get("/api/ready").ok().data == {"status": "ready", "doubts": 1}
