"""A data directory is nobody else's business, whatever the umask is and however it was before."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_config import ELSEWHERE, PRODUCTION, read, refused
from wxcloudrun.secrecy import private
from wxcloudrun.secrecy.private import SharedDirectory, make_private


@pytest.fixture(autouse=True)
def _careless() -> Iterator[None]:
    """Let files be open to everybody unless somebody takes care."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where the service may keep things."""
    return tmp_path / "above" / "data"


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_given_none_then_it_is_made_for_its_owner_alone_and_so_is_what_is_made_later(data_dir: Path) -> None:
    make_private(data_dir)
    (data_dir / "file").write_text("later")
    (data_dir / "folder").mkdir()

    assert mode(data_dir) == mode(data_dir.parent) == mode(data_dir / "folder") == 0o700
    assert mode(data_dir / "file") == 0o600


def test_given_one_that_is_open_then_it_is_closed_with_what_lies_in_it(data_dir: Path) -> None:
    (data_dir / "blobs" / "objects" / "00").mkdir(parents=True)
    (data_dir / "secrets").mkdir()
    (data_dir / "registry.db").write_text("rows")
    (data_dir / "registry.db").chmod(0o644)

    make_private(data_dir)

    for folder in ("", "secrets", "blobs", "blobs/objects"):
        assert mode(data_dir / folder) == 0o700, folder
    assert mode(data_dir / "registry.db") == 0o600


def test_given_a_service_that_keeps_nothing_here_then_what_it_makes_for_a_while_is_private_too(
    data_dir: Path,
) -> None:
    read(data_dir, **PRODUCTION, **ELSEWHERE)

    data_dir.mkdir(parents=True)

    assert mode(data_dir) == mode(data_dir.parent) == 0o700


def test_what_a_link_leads_to_is_left_alone(data_dir: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.log"
    elsewhere.write_text("")
    elsewhere.chmod(0o644)
    data_dir.mkdir(parents=True)
    (data_dir / "server.log").symlink_to(elsewhere)

    make_private(data_dir)

    assert mode(elsewhere) == 0o644


def test_a_directory_for_everybody_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)

    with pytest.raises(SharedDirectory):
        make_private(shared)

    assert mode(shared) == 0o1777
    assert "DATA_DIR: must be a directory of the service's own" in refused(shared)
    assert list(shared.iterdir()) == []


def test_given_files_that_cannot_be_closed_then_the_service_starts_and_says_so(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    data_dir.mkdir(parents=True)
    data_dir.chmod(0o755)

    def refuse(_path: Path, _mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    make_private(data_dir)

    assert [record.message for record in caplog.records] == ["data_open_to_others"]


def test_given_a_file_that_goes_meanwhile_then_nothing_is_wrong(data_dir: Path) -> None:
    private.close_to_others(data_dir / "registry.db-wal")


def test_given_a_database_elsewhere_then_it_and_its_logs_are_closed_and_nothing_beside_them(
    data_dir: Path, tmp_path: Path
) -> None:
    names = ("own.db", "own.db-wal", "own.db-shm", "of-somebody-else")
    for name in names:
        (tmp_path / name).touch(0o644)

    read(data_dir, DATABASE_URL=f"sqlite:///{tmp_path / 'own.db'}")

    assert [oct(mode(tmp_path / name)) for name in names] == ["0o600", "0o600", "0o600", "0o644"]
