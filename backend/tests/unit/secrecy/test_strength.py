"""What is easy to guess is found out, and what is random is not taken for it."""

import base64
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from wxcloudrun.secrecy import strength

ROOT = Path(__file__).parents[4]
CHANCE = random.Random(5869)  # always the same, so that a test that fails fails again
NAMED = re.compile(
    r"^\s*\"?((?:JWT|API_KEY)_(?:PREVIOUS_)?SECRET(?:_KEY)?|\w+_PASSWORD|MINIO_SECRET_KEY)\"?[^\S\n]*[=:][^\S\n]*"
    r"(?:\"([^\"\n]+)\"|([\w-]+)$)",
    re.MULTILINE,
)


def published_files() -> list[Path]:
    """Return the files of this repository in which settings stand as examples or for tests."""
    docs = [*ROOT.glob("docs/*.md"), *ROOT.glob("README*.md")]
    return [
        *ROOT.glob(".env.*"),
        *ROOT.glob("docker-compose*.yml"),
        *docs,
        *ROOT.glob("backend/tests/support/*.py"),
    ]


def test_every_value_of_a_secret_that_stands_in_this_repository_is_known() -> None:
    named = [found for path in published_files() for found in NAMED.findall(path.read_text())]
    found = {quoted or plain for _, quoted, plain in named}

    assert len(found) >= 4, "the pattern finds them"
    assert {value for value in found if not strength.is_published(value)} == set()


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Password1",
        "password1!",
        "12345678",
        "QWERTYUIOP",
        "iloveyou2024",
        "letmein!!!",
    ],
)
def test_a_password_that_everybody_tries_is_common(password: str) -> None:
    assert strength.is_common(password)


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "mvv8!kqz", "ein-Haus-am-See", "长长的密码不常见"]
)
def test_a_password_of_ones_own_is_not(password: str) -> None:
    assert not strength.is_common(password)


def test_the_list_holds_the_ten_thousand_most_frequent_and_more() -> None:
    assert len(strength.common_passwords()) > 10_000


@pytest.mark.parametrize(
    ("password", "names", "is_guessable"),
    [
        ("ada.lovelace", ["ada", "lovelace"], True),
        ("Lovelace-1815", ["ada", "lovelace"], True),
        ("registry2026!", ["registry"], True),
        ("adaadaada", ["ada"], True),
        ("the engine of lovelace weaves", ["lovelace"], False),
        ("correct horse battery staple", ["ada", "lovelace"], False),
        ("x-y-z-1-2-3", ["x", "y"], False),
    ],
)
def test_a_password_that_is_little_more_than_a_name_is_found_out(
    password: str, names: list[str], *, is_guessable: bool
) -> None:
    assert strength.is_made_of(password, names) is is_guessable


def token_urlsafe() -> str:
    return base64.urlsafe_b64encode(CHANCE.randbytes(32)).decode().rstrip("=")


def base32() -> str:
    return base64.b32encode(CHANCE.randbytes(32)).decode().rstrip("=")


@pytest.mark.parametrize("make", [token_urlsafe, base32, lambda: CHANCE.randbytes(32).hex()])
def test_no_random_secret_is_refused(make: Callable[[], str]) -> None:
    assert {strength.weakness_of(make()) for _ in range(300)} == {None}


@pytest.mark.parametrize(
    "secret",
    [
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "change-me-change-me-change-me-change-me",
        "please-change_me-before-you-go-live-2026",
        "this-is-the-secret-of-our-registry-2024",
        "unit-tests-sign-their-access-tokens-with-this",
        "0123456789abcdef0123456789abcdef",
        "qwertyuiop-asdfghjkl-zxcvbnm-qwertyuiop",
        "the-the-the-the-the-the-the-the-the-the",
    ],
)
def test_a_secret_that_somebody_has_typed_is_refused(secret: str) -> None:
    assert strength.weakness_of(secret)
