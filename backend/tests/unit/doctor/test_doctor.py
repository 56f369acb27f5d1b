"""`flask doctor` says what to change, each thing in a sentence that names it, and ends with 1 if it does."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support import builders
from tests.support.apps import MakeApp
from tests.support.client import ApiClient, sender
from wxcloudrun.config import Settings
from wxcloudrun.doctor.rules import of_networks
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import atomically
from wxcloudrun.users.models import User

SECRETS = {
    "JWT_SECRET_KEY": "k9Qz-3mV_x7Lr2Tn8Wb5Yc1Hd6Jf4Gp0Sa",
    "API_KEY_SECRET": "Zp0-aS4Gf6Jd1Hc5Yb8Wn2Tr7Lx_v3Mq9K",
}
PREVIOUS = "8sJ-qLr0_Wm4Tz9Xb2Vc7Ny1Kd6Hf3Gp5Ru"
WELL = {
    **SECRETS,
    "APP_ENV": "production",
    "PUBLIC_URL": "https://artifacts.example.com",
    "TRUSTED_PROXY_HOPS": "1",
    "METRICS_TOKEN": "kq83-Lw0z_Yt62Rb",
}


def examined(app: Flask) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the report of an examination."""
    result = app.test_cli_runner().invoke(args=["doctor", "--json"])
    assert result.output, result.exception
    return result.exit_code, json.loads(result.output)


def rename(user_id: int, name: str | None) -> None:
    """Let a hash be one that the key of that name has made, and the API key one without an end."""
    change = update(ApiKey).where(ApiKey.user_id == user_id).values(hashed_with=name, expires_at=None)
    atomically(lambda tx: tx.session.execute(change))


@pytest.mark.same_everywhere
def test_given_an_installation_that_is_well_then_there_is_nothing_to_change(make_app: MakeApp) -> None:
    code, report = examined(make_app(**WELL))

    assert (code, report["advice"], report["clean"]) == (0, [], True)


@pytest.mark.same_everywhere
@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"REGISTRATION_ENABLED": "true"}, "REGISTRATION_ENABLED: anybody"),
        ({"METRICS_TOKEN": "", "METRICS_PUBLIC": "true"}, "METRICS_TOKEN: everybody"),
        (
            {"METRICS_TOKEN": "", "METRICS_PORT": "9100", "METRICS_HOST": "0.0.0.0"},
            "METRICS_TOKEN: METRICS_HOST",
        ),
        ({"TRUSTED_PROXY_HOPS": "0"}, "TRUSTED_PROXY_HOPS: PUBLIC_URL is https"),
        ({"PUBLIC_URL": "http://artifacts.example.com"}, "PUBLIC_URL: it is not https"),
        ({"RATELIMIT_LOGIN_ACCOUNT": "off"}, "RATELIMIT_LOGIN_ACCOUNT: it is off"),
        ({"RATELIMIT_MEMBERS": "off"}, "RATELIMIT_MEMBERS: it is off; nothing slows down who tries"),
        ({"RATELIMIT_MAIL_ACCOUNT": "off"}, "RATELIMIT_MAIL_ACCOUNT: it is off; nothing slows down who has"),
        ({"JWT_PREVIOUS_SECRET_KEY": PREVIOUS}, "JWT_PREVIOUS_SECRET_KEY: take it out"),
        ({"API_KEY_PREVIOUS_SECRET": PREVIOUS}, "API_KEY_PREVIOUS_SECRET: run `flask reseal`"),
    ],
)
def test_each_thing_that_is_not_well_is_named(make_app: MakeApp, settings: dict[str, str], name: str) -> None:
    code, report = examined(make_app(**{**WELL, **settings}))

    assert code == 1
    assert [each for each in report["advice"] if each.startswith(name)], report["advice"]
    assert len(report["advice"]) == 1


@pytest.mark.same_everywhere
@pytest.mark.parametrize(("host", "is_named"), [("[::1]", False), ("127.0.0.1", False), ("s3.example", True)])
def test_given_a_store_without_tls_then_it_is_named_unless_it_is_here(
    tmp_path: Path, host: str, *, is_named: bool
) -> None:
    keys = {"MINIO_ACCESS_KEY": "key", "MINIO_SECRET_KEY": "secret"}
    store = {"BLOB_STORE": "minio", "MINIO_SECURE": "false", "MINIO_ENDPOINT": f"{host}:9000"}

    found = [*of_networks(Settings.from_env({"DATA_DIR": str(tmp_path), **keys, **store}))]

    assert any(each.startswith("MINIO_SECURE") for each in found) is is_named


@pytest.mark.same_everywhere
def test_given_weak_and_equal_secrets_in_development_then_they_are_named(make_app: MakeApp) -> None:
    app = make_app(API_KEY_SECRET="unit-tests-sign-their-access-tokens-with-this")

    advice = examined(app)[1]["advice"]

    assert "JWT_SECRET_KEY must not be a value that everybody knows" in advice
    assert "JWT_SECRET_KEY and API_KEY_SECRET must differ" in advice


def test_given_keys_then_it_counts_what_stands_on_which_secret_and_those_without_end(
    make_app: MakeApp,
) -> None:
    app = make_app(API_KEY_PREVIOUS_SECRET=PREVIOUS)
    people = [builders.person(app, name) for name in ("ada", "bob", "eve")]
    names = dict(zip((each.id for each in people), (None, "0123456789abcdef"), strict=False))
    with app.app_context():
        for user_id, name in names.items():
            rename(user_id, name)

    code, report = examined(app)

    assert code == 1
    assert report["api_keys"] == {"under_newest": 1, "under_previous": 1, "under_secret_itself": 1}
    waiting, _ = [each for each in report["advice"] if each.startswith("API_KEY_PREVIOUS_SECRET")]
    assert "2 API keys have not been used since" in waiting
    (endless,) = [each for each in report["advice"] if each.startswith("API keys")]
    assert "2 never expire" in endless


def test_given_administrators_without_a_second_factor_then_they_are_counted(make_app: MakeApp) -> None:
    app = make_app()
    ids = [builders.person(app, name, is_admin=True).id for name in ("ada", "bob", "eve")]
    with app.app_context():
        has_one = update(User).where(User.id == ids[0]).values(second_factor_at=clock.now())
        gone = update(User).where(User.id == ids[1]).values(is_active=False)
        atomically(lambda tx: [tx.session.execute(change) for change in (has_one, gone)])

    advice = examined(app)[1]["advice"]

    (said,) = [each for each in advice if each.startswith("administrators")]
    assert "1 without a second factor" in said


@pytest.mark.local_store
def test_given_a_directory_that_others_may_enter_then_what_lies_open_is_named(
    make_app: MakeApp, tmp_path: Path
) -> None:
    app = make_app(**WELL, DATA_DIR=str(tmp_path))
    (tmp_path / "registry.db").write_bytes(b"")
    (tmp_path / "registry.db").chmod(0o644)
    assert examined(app)[1]["advice"] == []

    tmp_path.chmod(0o755)
    advice = examined(app)[1]["advice"]
    tmp_path.chmod(0o700)

    assert "DATA_DIR: others can get at registry.db; chmod go-rwx" in advice


@pytest.mark.local_store  # production refuses the passwords of the servers, which stand in this repository
class TestRotate:
    def test_given_secrets_in_the_settings_then_it_says_what_to_set_and_writes_nothing(
        self, make_app: MakeApp, tmp_path: Path
    ) -> None:
        app = make_app(**WELL, DATA_DIR=str(tmp_path))
        before = sorted(tmp_path.rglob("*"))

        result = app.test_cli_runner().invoke(args=["rotate-secrets"])

        assert result.exit_code == 0, result.output
        said = dict(line.split("=", 1) for line in result.output.splitlines() if "=" in line)
        assert said["API_KEY_PREVIOUS_SECRET"] == "(what API_KEY_SECRET is now)"
        fresh = {"JWT_SECRET_KEY": said["JWT_SECRET_KEY"], "API_KEY_SECRET": said["API_KEY_SECRET"]}
        assert len(set(fresh.values())) == 2
        assert not set(fresh.values()) & set(SECRETS.values())
        assert not [value for value in SECRETS.values() if value in result.output]
        assert sorted(tmp_path.rglob("*")) == before
        again = {**WELL, **fresh, "API_KEY_PREVIOUS_SECRET": SECRETS["API_KEY_SECRET"]}
        changed = make_app(**again)
        (waiting,) = examined(changed)[1]["advice"]
        assert waiting.startswith("API_KEY_PREVIOUS_SECRET: run `flask reseal`")
        assert changed.test_cli_runner().invoke(args=["reseal"]).exit_code == 0
        assert examined(changed)[1]["advice"] == [
            "API_KEY_PREVIOUS_SECRET: nothing stands on it any more; take it out"
        ]

    def test_given_generated_secrets_then_they_are_changed_and_keys_go_on_working(
        self, make_app: MakeApp, tmp_path: Path
    ) -> None:
        generated = {"JWT_SECRET_KEY": "", "API_KEY_SECRET": "", "DATA_DIR": str(tmp_path)}
        url = {"DATABASE_URL": f"sqlite:///{tmp_path / 'registry.db'}"}
        app = make_app(**generated, **url)
        ada = builders.person(app, "ada")

        result = app.test_cli_runner().invoke(args=["rotate-secrets", "--force"])

        assert result.exit_code == 0, result.output
        after = make_app(**generated, **url)
        assert after.extensions["settings"].api_key_secret != app.extensions["settings"].api_key_secret
        assert (
            after.extensions["settings"].api_key_previous_secret == app.extensions["settings"].api_key_secret
        )
        assert ApiClient(sender(after), ada.token).get("/api/v1/auth/me").status == 200
        modes = {oct(file.stat().st_mode & 0o777) for file in (tmp_path / "secrets").iterdir()}
        assert (len(list((tmp_path / "secrets").iterdir())), modes) == (4, {"0o600"})

    def test_given_a_key_that_stands_on_the_previous_secret_then_it_is_not_changed_again(
        self, make_app: MakeApp
    ) -> None:
        app = make_app(**WELL, API_KEY_PREVIOUS_SECRET=PREVIOUS)
        builders.person(app, "ada")
        with app.app_context():
            atomically(lambda tx: tx.session.execute(update(ApiKey).values(hashed_with="0123456789abcdef")))

        refused = app.test_cli_runner().invoke(args=["rotate-secrets"])
        forced = app.test_cli_runner().invoke(args=["rotate-secrets", "--force"])

        assert (refused.exit_code, forced.exit_code) == (2, 0)
        assert "1 credentials still stand on an older secret" in refused.output
