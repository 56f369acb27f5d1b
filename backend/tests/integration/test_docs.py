"""The documentation is run: every command, and its output is what the page says."""

import subprocess
import sys

import pytest

from tests.support.live import BACKEND


@pytest.mark.timeout(1800)  # a hundred and fifty commands, some of which build and start things
def test_given_the_documentation_then_what_it_shows_is_what_comes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.docs_check"], cwd=BACKEND, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
