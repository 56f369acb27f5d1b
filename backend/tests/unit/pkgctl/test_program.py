"""The program as a whole, without a service."""

import importlib.metadata
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import requests
from packaging.requirements import Requirement

from pkgctl.api import cause_of
from pkgctl.main import cli, run
from pkgctl.screen import cell, printable, shortened

BACKEND = Path(__file__).resolve().parents[3]


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the names of all commands."""
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


@pytest.mark.parametrize("path", list(commands(cli)), ids=" ".join)
def test_every_command_explains_itself_and_speaks_json(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*path, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: pkgctl {' '.join(path)}")
    assert "--json" in said or "Commands:" in said


def test_every_command_is_in_the_documentation() -> None:
    told = (BACKEND.parent / "docs" / "pkgctl.md").read_text()

    assert [path for path in commands(cli) if f"`{' '.join(path)}" not in told and path[-1] != "list"] == []


def test_what_pip_installs_needs_only_what_is_pinned() -> None:
    project = tomllib.loads((BACKEND / "pyproject.toml").read_text())["project"]
    needed = [Requirement(each) for each in project["dependencies"]]

    assert {each.name for each in needed} == {"click", "platformdirs", "requests", "rich"}
    assert [each for each in needed if importlib.metadata.version(each.name) not in each.specifier] == []


def test_a_mistake_of_ours_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pkgctl.addresses.urlsplit", lambda _: 1 / 0)

    assert run(["whoami", "--json"]) == 70
    said = capsys.readouterr()
    assert said.err == "error: pkgctl has made a mistake (ZeroDivisionError); --debug shows where\n"
    assert '"internal"' in said.out


def test_what_could_steer_a_terminal_is_shown_not_obeyed() -> None:
    assert printable("a\x1b[31mb\u202e\n") == "a\\x1b[31mb\\x202e\n"
    assert cell("two\nlines\tand a tab") == "two lines and a tab"
    assert [cell(each) for each in (None, True, False, ["a", "b"], {"a": 1}, 0)] == [
        "", "yes", "no", "a, b", '{"a": 1}', "0",
    ]  # fmt: skip


def test_people_see_short_digests_and_times() -> None:
    assert shortened("a" * 64) == "a" * 12
    assert shortened("2026-11-21T13:28:01.194783Z") == "2026-11-21 13:28:01"
    assert shortened("1.0.0") == "1.0.0"


def test_the_cause_is_found_below_what_libraries_wrap_around_it() -> None:
    inner = ConnectionRefusedError(111, "Connection refused")
    middle = requests.ConnectionError("long and technical")
    middle.__cause__ = inner

    assert cause_of(middle) == "Connection refused"
    assert cause_of(requests.ConnectionError(socket.gaierror(-2, "Name or service not known"))) == (
        "Name or service not known"
    )
    assert cause_of(requests.ConnectionError("nothing known")) == "ConnectionError"
