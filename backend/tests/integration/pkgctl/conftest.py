"""People at a terminal, and packages to work with."""

from pathlib import Path

import pytest

from tests.support.builders import numbers
from tests.support.command_line import CommandLine
from tests.support.live import LiveServer


@pytest.fixture
def person(tmp_path: Path, server: LiveServer) -> CommandLine:
    """Somebody who has not logged in."""
    return CommandLine(tmp_path, server.url)


@pytest.fixture
def pkgctl(person: CommandLine, admin_token: str) -> CommandLine:
    """Somebody with a key of the administrator in the environment."""
    return person.with_variables(PKGCTL_TOKEN=admin_token)


@pytest.fixture
def administrator(person: CommandLine) -> CommandLine:
    """The administrator, who has logged in."""
    person.log_in()
    return person


@pytest.fixture
def package(pkgctl: CommandLine) -> str:
    """A fresh package in a fresh private project."""
    project = f"shell-{next(numbers)}"
    pkgctl("projects", "create", project).ok()
    pkgctl("packages", "create", f"{project}/box").ok()
    return f"{project}/box"
