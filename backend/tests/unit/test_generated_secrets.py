"""The secrets that a development machine makes for itself, once."""

import errno
import os
import stat
from pathlib import Path

import pytest

from tests.unit.test_config import GOOD_SECRET, data_dir, read, refused
from wxcloudrun.secrecy.given_secrets import GENERATED

__all__ = ["data_dir"]


class TestGeneratedSecrets:
    def test_they_are_made_once_and_stay(self, data_dir: Path) -> None:
        first, second = read(data_dir), read(data_dir)

        assert first.jwt_secret_key == second.jwt_secret_key
        assert first.api_key_secret == second.api_key_secret
        assert first.jwt_secret_key != first.api_key_secret
        assert len(first.jwt_secret_key.get_secret_value()) >= 43

    def test_two_machines_have_two(self, tmp_path: Path) -> None:
        assert read(tmp_path / "a").jwt_secret_key != read(tmp_path / "b").jwt_secret_key

    def test_only_their_owner_can_read_them_whatever_the_umask_is(self, data_dir: Path) -> None:
        before = os.umask(0)
        try:
            read(data_dir)
        finally:
            os.umask(before)

        files = list((data_dir / "secrets").iterdir())
        assert {file.name.upper() for file in files} == set(GENERATED)
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

    def test_once_they_are_there_nothing_is_written(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = read(data_dir)
        before = sorted(path.name for path in (data_dir / "secrets").iterdir())

        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        for name in ("open", "write", "link"):
            monkeypatch.setattr(os, name, fail)

        assert read(data_dir) == kept
        assert sorted(path.name for path in (data_dir / "secrets").iterdir()) == before

    @pytest.mark.parametrize(
        ("code", "said"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "can only be read")]
    )
    def test_given_a_disk_that_takes_nothing_then_the_first_start_says_why_and_leaves_no_empty_file(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
    ) -> None:
        def fail(_descriptor: int) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(os, "fsync", fail)

        assert said in refused(data_dir)
        assert list((data_dir / "secrets").iterdir()) == []

    def test_given_a_secret_that_is_empty_then_it_is_named_and_no_other_is_made(self, data_dir: Path) -> None:
        read(data_dir)
        (data_dir / "secrets" / "jwt_secret_key").write_text("")

        assert "secrets/jwt_secret_key is empty" in refused(data_dir)

    def test_a_secret_that_is_given_is_not_generated(self, data_dir: Path) -> None:
        settings = read(data_dir, JWT_SECRET_KEY=GOOD_SECRET)

        assert settings.jwt_secret_key.get_secret_value() == GOOD_SECRET
        assert not (data_dir / "secrets" / "jwt_secret_key").exists()
