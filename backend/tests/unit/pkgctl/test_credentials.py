"""A login that renews itself, and whose new tokens cannot always be kept."""

from pathlib import Path

import pytest

from pkgctl.credentials import StoredLogin
from pkgctl.profiles import Login, ProfileFile
from tests.unit.pkgctl.test_profiles import HERE, full_disk, store

EMAIL = "me@example.com"


class TokenService:
    """Gives a next pair of tokens for a refresh token, each of which is good for one use."""

    def __init__(self) -> None:
        self.spent: list[str] = []

    def exchange(self, refresh_token: str) -> Login:
        """Spend a refresh token."""
        assert refresh_token not in self.spent, "a used refresh token ends the login"
        self.spent.append(refresh_token)
        return Login(EMAIL, f"access {len(self.spent)}" + "a" * 5000, f"refresh {len(self.spent)}")


def test_given_tokens_that_cannot_be_kept_then_a_long_command_renews_from_those_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles, service, warnings = ProfileFile(tmp_path), TokenService(), list[str]()
    store(profiles, HERE, Login(EMAIL, "access", "refresh"))
    stored = profiles.login(HERE)
    assert stored is not None
    login = StoredLogin(profiles, HERE, stored, warn=warnings.append)
    monkeypatch.setattr("tempfile.mkstemp", full_disk)

    for _ in range(3):
        assert login.renew(login.token() or "", service.exchange) is True

    assert service.spent == ["refresh", "refresh 1", "refresh 2"]
    assert len(warnings) == 3
    assert "No space left" in warnings[0]


def test_given_another_command_that_was_faster_then_its_tokens_are_used(tmp_path: Path) -> None:
    profiles, service = ProfileFile(tmp_path), TokenService()
    store(profiles, HERE, Login(EMAIL, "access", "refresh"))
    stored = profiles.login(HERE)
    assert stored is not None
    login = StoredLogin(profiles, HERE, stored, warn=pytest.fail)
    store(profiles, HERE, Login(EMAIL, "newer access", "newer refresh"))

    assert login.renew("access", service.exchange) is True

    assert (login.token(), service.spent) == ("newer access", [])
    assert login.renew("newer access", service.exchange) is True
    assert service.spent == ["newer refresh"]
    assert profiles.login(HERE) == Login(EMAIL, login.token() or "", "refresh 1")


def test_given_a_login_that_was_ended_meanwhile_then_it_is_not_renewed(tmp_path: Path) -> None:
    profiles, service = ProfileFile(tmp_path), TokenService()
    store(profiles, HERE, Login(EMAIL, "access", "refresh"))
    stored = profiles.login(HERE)
    assert stored is not None
    login = StoredLogin(profiles, HERE, stored, warn=pytest.fail)
    profiles.forget(HERE)

    assert login.renew("access", service.exchange) is False
    assert service.spent == []
