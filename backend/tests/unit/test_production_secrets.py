"""Production does not start with secrets that others know or can guess; it names the setting."""

import re
from pathlib import Path

import pytest

from tests.unit.test_config import GOOD_SECRET, PRODUCTION, data_dir, read, refused

__all__ = ["data_dir"]

THIRD_SECRET = "8sJ-qLr0_Wm4Tz9Xb2Vc7Ny1Kd6Hf3Gp5Ru"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("JWT_SECRET_KEY", "unit-tests-sign-their-access-tokens-with-this", "everybody knows"),
        ("API_KEY_SECRET", "integration-tests-hash-their-api-keys-with-this-one", "everybody knows"),
        ("API_KEY_SECRET", "please-change-me-before-you-go-live-2026", "example"),
        ("API_KEY_SECRET", "abcdefghijklmnopqrstuvwxyz0123456789", "random"),
        ("API_KEY_SECRET", GOOD_SECRET, "must differ"),
        ("JWT_PREVIOUS_SECRET_KEY", GOOD_SECRET, "must differ"),
        ("API_KEY_PREVIOUS_SECRET", "unit-tests-hash-their-api-keys-with-this-one", "everybody knows"),
        ("ADMIN_PASSWORD", "password1", "everybody knows"),
        ("ADMIN_PASSWORD", "registry-admin", "everybody knows"),
        ("MINIO_SECRET_KEY", "minioadmin", "everybody knows"),
        ("METRICS_TOKEN", "metrics-metrics-metrics", "random"),
        ("DATABASE_URL", "mysql+pymysql://registry:registry-secret@db:3306/registry", "everybody knows"),
        ("REDIS_URL", "redis://:Password1@redis:6379/0", "everybody knows"),
    ],
)
def test_what_others_know_is_refused_and_not_repeated(
    data_dir: Path, name: str, value: str, said: str
) -> None:
    message = refused(data_dir, **{**PRODUCTION, name: value})

    assert name in message
    assert said in message
    assert not re.search(rf"(?<![\w]){re.escape(value)}(?![\w])", message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_PREVIOUS_SECRET_KEY", "this-was-the-secret-before-somebody-read-the-manual"),
        ("API_KEY_PREVIOUS_SECRET", THIRD_SECRET),
        ("ADMIN_PASSWORD", "correct horse battery staple"),
        ("METRICS_TOKEN", "kq83-Lw0z_Yt62Rb"),
        ("DATABASE_URL", "mysql+pymysql://registry:mvv8%21kqz@db:3306/registry"),
    ],
)
def test_what_nobody_knows_is_taken(data_dir: Path, name: str, value: str) -> None:
    assert read(data_dir, **PRODUCTION, **{name: value}).app_env == "production"


def test_development_takes_what_the_repository_holds(data_dir: Path) -> None:
    same = "unit-tests-sign-their-access-tokens-with-this"

    assert read(data_dir, JWT_SECRET_KEY=same, API_KEY_SECRET=same, ADMIN_PASSWORD="registry-admin")


def test_given_nothing_else_then_production_is_closed_and_development_open(data_dir: Path) -> None:
    production, development = read(data_dir, **PRODUCTION), read(data_dir)

    assert (production.registers, production.shows_metrics) == (False, False)
    assert (development.registers, development.shows_metrics) == (True, True)


def test_given_explicit_settings_then_production_is_as_open_as_they_say(data_dir: Path) -> None:
    opened = read(data_dir, **PRODUCTION, REGISTRATION_ENABLED="true", METRICS_PUBLIC="true")
    closed = read(data_dir, REGISTRATION_ENABLED="false", METRICS_PUBLIC="false")

    assert (opened.registers, opened.shows_metrics) == (True, True)
    assert (closed.registers, closed.shows_metrics) == (False, False)
