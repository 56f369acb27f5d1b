"""npm and yarn log in, by name and password and by the page, say who they are, and log out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.builders import numbers
from tests.support.client import ApiClient
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveServer
from tests.support.node_machines import NodeMachine
from tests.support.npm_pages import answered, opened_page, path_of

ADDRESS = re.compile(r"https?://\S+/-/v1/login/\S+")
KEY = re.compile(r"_authToken=(\S+)")


@pytest.fixture
def machine(server: LiveServer, admin: ApiClient, tmp_path: Path) -> NodeMachine:
    """A machine of somebody who has no key yet, about a private project."""
    name = f"login-{next(numbers)}"
    admin.post("/api/v1/projects", {"name": name}).ok()
    folder = tmp_path / "machine"
    folder.mkdir()
    clients = NodeMachine(server, name, None, folder)
    clients.write_settings()
    return clients


def typing(*answers: tuple[str, str]) -> Callable[[str], str | None]:
    """Type an answer when its question is shown, each once."""
    waiting = list(answers)

    def to(shown: str) -> str | None:
        if waiting and waiting[0][0].lower() in shown.lower():
            return f"{waiting.pop(0)[1]}\r"
        return None

    return to


def in_browser(client: ApiClient) -> Callable[[str], str | None]:
    """Open the address that is shown, and give the machine its key there."""
    done: list[str] = []

    def to(shown: str) -> str | None:
        found = ADDRESS.search(shown)
        if found is None or done:
            return None
        done.append(found[0])
        page = opened_page(client, path_of(found[0]))
        assert answered(client, page, ADMIN_EMAIL, ADMIN_PASSWORD).status == 200
        return None

    return to


def key_of(machine: NodeMachine) -> str:
    """Return the key that npm has put into its settings."""
    found = KEY.search((machine.home / ".npmrc").read_text())
    assert found is not None
    return found[1]


class TestNpm:
    def test_given_a_name_and_a_password_then_npm_has_a_key_of_this_project(
        self, machine: NodeMachine, server: LiveServer
    ) -> None:
        questions = typing(("username:", "admin"), ("password:", ADMIN_PASSWORD))

        told = machine.talk("npm", "login", "--auth-type=legacy", to=questions).ok()

        assert "Logged in" in told.said
        assert machine.run("npm", "whoami").ok().out == "admin\n"
        key = key_of(machine)
        assert server.client(key).get(f"/api/v1/project/{machine.project}").status == 200
        machine.write_package("@h7/lib", "1.0.0")
        machine.publish().ok()

        machine.run("npm", "logout").ok()
        assert server.client(key).get("/api/v1/auth/me").status == 401
        assert machine.run("npm", "whoami").code != 0

    def test_given_a_wrong_password_then_npm_says_so(self, machine: NodeMachine) -> None:
        questions = typing(("username:", "admin"), ("password:", "wrong"))

        told = machine.talk("npm", "login", "--auth-type=legacy", to=questions)

        assert told.code != 0
        assert "E401" in told.said

    def test_given_the_page_then_npm_has_a_key_once_somebody_has_answered(
        self, machine: NodeMachine, server: LiveServer
    ) -> None:
        told = machine.talk("npm", "login", to=in_browser(server.client())).ok()

        assert "Logged in" in told.said
        assert machine.run("npm", "whoami").ok().out == "admin\n"
        key = key_of(machine)
        machine.run("npm", "logout").ok()
        assert server.client(key).get("/api/v1/auth/me").status == 401


class TestYarn:
    def test_given_yarn_4_then_it_logs_in_and_says_who_it_is(self, machine: NodeMachine) -> None:
        machine.write("package.json", '{"name": "somebody", "private": true}')
        machine.write("yarn.lock", "")
        questions = typing(("username:", "admin"), ("password:", ADMIN_PASSWORD))

        machine.talk("yarn4", "npm", "login", to=questions).ok()

        assert "admin" in machine.run("yarn4", "npm", "whoami").ok().out
        machine.run("yarn4", "npm", "logout").ok()
        assert machine.run("yarn4", "npm", "whoami").code != 0

    def test_given_a_scope_then_yarn_4_logs_in_where_that_lies(self, machine: NodeMachine) -> None:
        machine.write("package.json", '{"name": "somebody", "private": true}')
        machine.write("yarn.lock", "")
        machine.write_scope_of_yarn()
        questions = typing(("username:", "admin"), ("password:", ADMIN_PASSWORD))

        machine.talk("yarn4", "npm", "login", "--scope", "h7", to=questions).ok()

        assert "admin" in machine.run("yarn4", "npm", "whoami", "--scope", "h7").ok().out
        machine.run("yarn4", "npm", "logout", "--scope", "h7").ok()
        assert machine.run("yarn4", "npm", "whoami", "--scope", "h7").code != 0
