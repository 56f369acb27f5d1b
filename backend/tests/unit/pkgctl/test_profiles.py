"""The configuration file."""

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from pkgctl.errors import LocalProblem
from pkgctl.profiles import Login, ProfileFile

HERE, THERE = "http://127.0.0.1:8080", "https://example.com"
LOGIN = Login("me@example.com", "access", "refresh")


def store(profiles: ProfileFile, server: str, login: Login) -> None:
    """Keep a login as `pkgctl login` does."""
    with profiles.place(server) as keep:
        keep(login)


def renew(profiles: ProfileFile, server: str, login: Login) -> None:
    """Keep renewed tokens."""
    with profiles.place_for_renewal(server) as keep:
        keep(login)


def full_disk(*_: object, **__: object) -> None:
    """Make no new file."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_logins_are_kept_by_service_for_their_owner_only(tmp_path: Path) -> None:
    profiles = ProfileFile(tmp_path / "a" / "pkgctl")
    store(profiles, HERE, LOGIN)
    store(profiles, THERE, Login("you@example.com", "a", "r"))
    renew(profiles, HERE, Login("me@example.com", "later", "later"))

    assert profiles.default_server() == THERE
    assert profiles.login(HERE) == Login("me@example.com", "later", "later")
    assert (mode(profiles.path), mode(profiles.folder)) == (0o600, 0o700)
    assert [each.name for each in profiles.folder.iterdir()] == ["config.json"]


def test_a_file_that_others_can_read_is_closed(tmp_path: Path) -> None:
    profiles = ProfileFile(tmp_path)
    store(profiles, HERE, LOGIN)
    profiles.path.chmod(0o644)

    assert profiles.login(HERE) == LOGIN
    assert mode(profiles.path) == 0o600


def test_forgetting(tmp_path: Path) -> None:
    profiles = ProfileFile(tmp_path)
    store(profiles, HERE, LOGIN)

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
        store(ProfileFile(tmp_path / "file"), HERE, LOGIN)


@pytest.mark.parametrize(
    "renewed", [Login("me@example.com", "a", "r"), Login("me@example.com", "a" * 900, "r")]
)
def test_given_no_room_for_a_new_file_then_renewed_tokens_stand_in_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renewed: Login
) -> None:
    profiles = ProfileFile(tmp_path)
    store(profiles, THERE, LOGIN)
    store(profiles, HERE, Login("me@example.com", "access" * 100, "refresh"))
    monkeypatch.setattr("tempfile.mkstemp", full_disk)

    renew(profiles, HERE, renewed)

    assert (profiles.login(HERE), profiles.login(THERE)) == (renewed, LOGIN)
    assert profiles.default_server() == HERE
    assert mode(profiles.path) == 0o600


def test_given_no_room_anywhere_then_the_old_file_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = ProfileFile(tmp_path)
    store(profiles, HERE, LOGIN)
    monkeypatch.setattr("tempfile.mkstemp", full_disk)

    with pytest.raises(LocalProblem, match="No space left"):
        renew(profiles, HERE, Login("me@example.com", "a" * 5000, "r"))

    assert profiles.login(HERE) == LOGIN


def test_given_no_room_for_a_new_file_then_nobody_is_logged_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.mkstemp", full_disk)

    with pytest.raises(LocalProblem, match="No space left"), ProfileFile(tmp_path).place(HERE):
        pytest.fail("a login would have been opened")


def test_given_a_login_that_fails_then_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), ProfileFile(tmp_path).place(HERE):
        raise RuntimeError

    assert list(tmp_path.iterdir()) == []
