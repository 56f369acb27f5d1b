"""Settings that work and are hardly meant."""

from pathlib import Path

import pytest

from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from tests.unit.test_config import PRODUCTION
from wxcloudrun.app import doubts_of
from wxcloudrun.config import Settings

HTTPS, HTTP = "https://registry.example.com", "http://registry.example.com"


@pytest.mark.parametrize(
    ("settings", "doubted"),
    [
        ({**PRODUCTION, "PUBLIC_URL": HTTPS}, True),
        ({**PRODUCTION, "PUBLIC_URL": HTTPS, "TRUSTED_PROXY_HOPS": "1"}, False),
        ({"PUBLIC_URL": HTTPS}, False),
        ({**PRODUCTION, "PUBLIC_URL": HTTP}, False),
    ],
)
def test_https_without_a_proxy_that_is_believed_is_doubted_in_production(
    tmp_path: Path, *, settings: dict[str, str], doubted: bool
) -> None:
    found = dict(doubts_of(Settings.from_env({"DATA_DIR": str(tmp_path), **settings})))

    assert set(found) == ({"TRUSTED_PROXY_HOPS"} if doubted else set())


def test_the_log_names_them_at_start_and_ready_counts_them(
    make_app: MakeApp, capfd: pytest.CaptureFixture[str]
) -> None:
    app = make_app(**PRODUCTION, PUBLIC_URL=HTTPS, LOG_LEVEL="WARNING")
    said = capfd.readouterr()

    assert "setting_in_doubt" in said.out + said.err
    assert ApiClient(sender(app)).get("/api/ready").ok().data == {"status": "ready", "doubts": 1}
