"""`make unit` does its tests in copies of one process: nothing that becomes of a test is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.live import BACKEND

GOOD = """
import os, pytest

@pytest.fixture(scope="module")
def made():
    yield os.getpid()
    print("taken down")

@pytest.mark.parametrize("number", range(40))
def test_good(made, number, tmp_path):
    assert made == os.getpid()
    (tmp_path / "file").write_text("only of this test")
    assert len(list(tmp_path.iterdir())) == 1
"""
BAD = """
import os, pytest

def test_bad():
    print("said before it failed")
    assert os.getpid() == 0

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass

@pytest.mark.xfail(strict=True)
def test_known():
    raise ValueError
"""
DYING = """
import os

def test_dying():
    os._exit(3)
"""


def run(folder: Path, *options: str, **files: str) -> "subprocess.CompletedProcess[str]":
    """Run the tests in these files."""
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    plugin = ["-p", "tests.support.copies", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "--copies=3", *plugin, *options, str(folder)]
    environ = {"PYTHONPATH": str(BACKEND)}
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120
    )


def test_given_tests_of_all_kinds_then_each_is_done_once_and_its_end_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, good=GOOD, bad=BAD)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "1 failed, 40 passed, 1 skipped, 1 xfailed" in done.stdout
    assert "said before it failed" in done.stdout
    assert "not today" in done.stdout


def test_given_a_copy_that_dies_then_the_run_fails_and_the_test_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, good=GOOD, dying=DYING)

    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout + done.stderr
    assert "ended with 3 in " in done.stdout
    assert "test_dying" in done.stdout


def test_given_that_one_failure_is_enough_then_the_others_end_soon(tmp_path: Path) -> None:
    done = run(tmp_path, "-x", bad=BAD, later=GOOD.replace("range(40)", "range(4000)"))

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "1 failed" in done.stdout
    assert "4000 passed" not in done.stdout


def test_given_a_file_that_cannot_be_read_then_nothing_is_done(tmp_path: Path) -> None:
    done = run(tmp_path, good=GOOD, broken="import nowhere")

    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout + done.stderr
    assert "40 passed" not in done.stdout
