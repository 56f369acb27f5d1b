"""Packages of Node that tests need: pinned beside the scripts that use them, installed at first use."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.support.live import BACKEND

FOLDER = BACKEND / "tests" / "integration" / "node"
INSTALL_SECONDS = 120


def node_packages() -> Path:
    """Return the folder where they are installed; skip the test by name if they cannot be had."""
    problem = installed()
    if problem is not None:
        pytest.skip(problem)
    return FOLDER


@cache
def installed() -> str | None:
    """Install them, and return why that cannot be done here."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"{program}: not installed"
    command = [BACKEND / "tools" / "setup-node"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return "npm: the packages took too long to install"
    return f"npm: the packages could not be installed: {done.stderr[-300:]}" if done.returncode else None
