"""Processes that start: beside others that do the same, and with a setting that cannot be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.apps import environment
from tests.support.live import BACKEND


def test_processes_that_start_together_generate_the_same_secrets(tmp_path: Path) -> None:
    script = (
        "from wxcloudrun.config import Settings; import sys; sys.stdin.read();"
        "print(Settings.from_env().jwt_secret_key.get_secret_value())"
    )
    environ = {"DATA_DIR": str(tmp_path / "data"), "PATH": os.environ["PATH"]}
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=BACKEND,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in starting:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None

    secrets = {process.communicate(timeout=60)[0].strip() for process in starting}

    assert len(secrets) == 1
    assert len(secrets.pop()) >= 43


@pytest.mark.parametrize("command", ["fsck", "audit-verify"])
def test_a_command_that_finds_a_wrong_setting_reports_no_finding(tmp_path: Path, command: str) -> None:
    environ = {**environment(".env.unit"), "DATA_DIR": str(tmp_path), "CACHE_MAX_SIZE": "0"}

    done = subprocess.run(
        [sys.executable, "-m", "flask", command, "--json"],
        cwd=BACKEND,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("The service does not start: CACHE_MAX_SIZE: ")
