"""What `make run` looks at before it makes anything: where it may listen, and which Python runs."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.live import BACKEND

FIND_PYTHON = BACKEND / "tools" / "find-python"


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def free_port(data_dir: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run the check with settings."""
    return subprocess.run(
        [sys.executable, "-m", "tools.free_port"],
        cwd=BACKEND,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("setting", ["PORT", "METRICS_PORT"])
def test_given_a_taken_port_then_one_sentence_names_the_setting(
    tmp_path: Path, taken_port: int, setting: str
) -> None:
    done = free_port(tmp_path, **{"PORT": str(unused_port()), setting: str(taken_port)})

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"cannot listen on 127.0.0.1:{taken_port}: another program listens there."
        f" Choose another with {setting}=, as in `{setting}={taken_port + 1} make run`.\n"
    )


def test_given_an_address_of_another_machine_then_the_host_is_named(tmp_path: Path) -> None:
    done = free_port(tmp_path, HOST="192.0.2.1", PORT=str(unused_port()))

    assert done.returncode == 1
    assert "this machine has no such address. Choose another with HOST=" in done.stderr


def test_given_a_free_port_then_nothing_is_said(tmp_path: Path) -> None:
    done = free_port(tmp_path, PORT=str(unused_port()))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("command", ["run", "dev"])
def test_the_port_is_looked_at_before_the_database_is_made(command: str) -> None:
    script = (BACKEND / "tools" / command).read_text()

    assert script.index("tools.free_port") < script.index("flask init")


def unused_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def program(path: Path, lines: str) -> None:
    """Write a program of a shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


def find_python(home: Path) -> "subprocess.CompletedProcess[str]":
    """Look for a Python on a machine that has nothing but what lies below a folder."""
    script = FIND_PYTHON.read_text()
    for place in ("/usr/local/", "/opt/"):
        script = script.replace(place, f"{home}/nowhere/")
    return subprocess.run(
        ["/bin/bash", "-c", script],
        env={"PATH": str(home / "pyenv" / "shims"), "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_given_a_shim_that_does_not_run_then_the_version_beside_it_is_found(tmp_path: Path) -> None:
    program(tmp_path / "pyenv" / "shims" / "python3.12", "exit 127")
    python = tmp_path / "pyenv" / "versions" / "3.12.9" / "bin" / "python3"
    program(python, 'echo "3.12 $0"')

    done = find_python(tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{python}\n", "")


def test_given_nothing_that_runs_then_what_was_found_is_named(tmp_path: Path) -> None:
    shim = tmp_path / "pyenv" / "shims" / "python3.12"
    program(shim, "exit 127")

    done = find_python(tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"  found, but it does not run: {shim}\n" in done.stderr
