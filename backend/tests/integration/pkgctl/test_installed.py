"""`pip install ./backend` in an environment of its own; skipped where no package index can be reached."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.live import BACKEND

pytestmark = pytest.mark.slow


def pip(environment: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the pip of an environment."""
    command: list[str | Path] = [
        environment / "bin" / "python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that holds what pip has made of the folder."""
    folder = tmp_path_factory.mktemp("installed")
    # Of a copy: building leaves files beside the sources.
    sources = folder / "backend"
    sources.mkdir()
    shutil.copy(BACKEND / "pyproject.toml", sources)
    for name in ("pkgctl", "wxcloudrun"):
        shutil.copytree(BACKEND / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    made = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", made], check=True)
    if pip(made, "download", "--no-deps", "-d", str(folder), "platformdirs", "--retries", "0").returncode:
        pytest.skip("no package index can be reached")
    done = pip(made, "install", str(sources))
    assert done.returncode == 0, done.stderr
    return made


def test_the_installed_command_works_and_brings_nothing_of_the_service(
    environment: Path, pkgctl: CommandLine
) -> None:
    done = subprocess.run(
        [environment / "bin" / "pkgctl", "whoami", "--json"],
        cwd=pkgctl.home,
        env={**pkgctl.environment(), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert '"is_admin": true' in done.stdout
    names = {line.split("==")[0].lower() for line in pip(environment, "freeze").stdout.splitlines()}
    assert names.isdisjoint({"flask", "sqlalchemy", "gunicorn"})
    assert not list(environment.glob("lib/python3*/site-packages/wxcloudrun*"))
    assert pip(environment, "check").returncode == 0
