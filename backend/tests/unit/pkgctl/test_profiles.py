"""The configuration file."""

import json
import stat
from pathlib import Path

import pytest

from pkgctl.errors import LocalProblem
from pkgctl.profiles import Login, ProfileFile

HERE, THERE = "http://127.0.0.1:8080", "https://example.com"
LOGIN = Login("me@example.com", "access", "refresh")


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_logins_are_kept_by_service_for_their_owner_only(tmp_path: Path) -> None:
    profiles = ProfileFile(tmp_path / "a" / "pkgctl")
    profiles.store(HERE, LOGIN)
    profiles.store(THERE, Login("you@example.com", "a", "r"))
    profiles.renew(HERE, Login("me@example.com", "later", "later"))

    assert profiles.default_server() == THERE
    assert profiles.login(HERE) == Login("me@example.com", "later", "later")
    assert (mode(profiles.path), mode(profiles.folder)) == (0o600, 0o700)
    assert [each.name for each in profiles.folder.iterdir()] == ["config.json"]


def test_a_file_that_others_can_read_is_closed(tmp_path: Path) -> None:
    profiles = ProfileFile(tmp_path)
    profiles.store(HERE, LOGIN)
    profiles.path.chmod(0o644)

    assert profiles.login(HERE) == LOGIN
    assert mode(profiles.path) == 0o600


def test_forgetting(tmp_path: Path) -> None:
    profiles = ProfileFile(tmp_path)
    profiles.store(HERE, LOGIN)

    assert profiles.forget(HERE) is True
    assert profiles.forget(HERE) is False
    assert profiles.login(HERE) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"logins": 1}', "\x00\xff"])
def test_a_file_that_is_spoilt_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)

    with pytest.raises(LocalProblem, match=r"config\.json"):
        ProfileFile(tmp_path).login(HERE)


def test_a_login_of_another_version_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"logins": {HERE: {"key": "x"}}}))

    assert ProfileFile(tmp_path).login(HERE) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LocalProblem, match=r"cannot (read|write)"):
        ProfileFile(tmp_path / "file").store(HERE, LOGIN)
