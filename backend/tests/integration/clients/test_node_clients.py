"""npm, pnpm and yarn, unmodified, publish to the service and install from it, in a private project."""

import json
from pathlib import Path

import pytest

from tests.support.builders import numbers
from tests.support.client import ApiClient
from tests.support.live import LiveServer
from tests.support.node_clients import PROGRAMS, NodeClients

LIB = {"name": "@h7/lib", "version": "1.0.0", "description": "A library", "bin": "cli.js", "license": "MIT"}
LOCK_FILES = {
    "npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "yarn1": "yarn.lock", "yarn4": "yarn.lock",
}  # fmt: skip
PUBLISH = {
    "npm": ("publish",),
    "pnpm": ("publish", "--no-git-checks"),
    "yarn1": ("publish", "--non-interactive", "--new-version", "1.0.0"),
    "yarn4": ("npm", "publish"),
}
each_client = pytest.mark.parametrize("client", PROGRAMS)


@pytest.fixture
def project(admin: ApiClient) -> str:
    """A fresh private project."""
    name = f"node-{next(numbers)}"
    admin.post("/api/v1/projects", {"name": name}).ok()
    return name


@pytest.fixture
def clients(server: LiveServer, admin_token: str, project: str, tmp_path: Path) -> NodeClients:
    """Clients of that project's registry, with a package to publish and an application that wants it."""
    found = NodeClients(server, project, admin_token, tmp_path)
    found.configure()
    readme = "# A README\n"
    found.write("lib", LIB, index_js="module.exports = 1\n", cli_js="#!/usr/bin/env node\n", README_md=readme)
    found.write("plain", {"name": "plain", "version": "0.1.0", "dependencies": {"@h7/lib": "^1.0.0"}})
    found.write("app", {"name": "app", "version": "1.0.0", "dependencies": {"@h7/lib": "^1.0.0"}})
    return found


def integrity(admin: ApiClient, project: str, version: str = "1.0.0") -> str:
    """Return what lock files have to hold."""
    found = admin.get(f"/npm/{project}/@h7%2flib").ok().data
    return str(found["versions"][version]["dist"]["integrity"])


@each_client
def test_given_a_client_then_it_publishes_and_installs_what_it_has_published(
    clients: NodeClients, admin: ApiClient, project: str, client: str
) -> None:
    if client == "yarn4":
        for folder in ("lib", "app"):
            (clients.folder / folder / "yarn.lock").touch()
        clients.ok(client, "install", within="lib")

    clients.ok(client, *PUBLISH[client], within="lib")
    clients.ok(client, "install", within="app")

    installed = clients.folder / "app" / "node_modules" / "@h7" / "lib" / "package.json"
    assert json.loads(installed.read_text())["name"] == "@h7/lib"
    lock = (clients.folder / "app" / LOCK_FILES[client]).read_text()
    # yarn 4 hashes its own archives of what it gets.
    assert client == "yarn4" or integrity(admin, project) in lock


def test_given_a_lock_file_then_npm_installs_by_it_with_a_cold_cache(clients: NodeClients) -> None:
    clients.ok("npm", "publish", within="lib")
    clients.ok("npm", "publish", within="plain")
    clients.ok("npm", "install", "plain", within="app")

    clients.ok("npm", "ci", "--cache", str(clients.folder / "cold"), within="app")

    tree = json.loads(clients.ok("npm", "ls", "--all", "--json", within="app"))
    assert tree["dependencies"]["plain"]["dependencies"]["@h7/lib"]["version"] == "1.0.0"
    assert clients.run("npm", "outdated", within="app").returncode == 0


def test_given_tags_and_warnings_then_npm_sets_shows_and_takes_them_back(clients: NodeClients) -> None:
    clients.ok("npm", "publish", within="lib")
    clients.write("lib", {**LIB, "version": "1.1.0"})
    clients.ok("npm", "publish", "--tag", "beta", within="lib")

    clients.ok("npm", "dist-tag", "add", "@h7/lib@1.1.0", "stable", within="lib")
    listed = clients.ok("npm", "dist-tag", "ls", "@h7/lib", within="lib").splitlines()
    assert listed == ["beta: 1.1.0", "latest: 1.0.0", "stable: 1.1.0"]
    clients.ok("npm", "dist-tag", "rm", "@h7/lib", "stable", within="lib")
    refused = clients.run("npm", "dist-tag", "rm", "@h7/lib", "latest", within="lib")
    assert refused.returncode == 1
    assert "latest cannot be removed" in refused.stderr

    clients.ok("npm", "deprecate", "@h7/lib@1.0.0", "use 1.1.0", within="lib")
    assert clients.ok("npm", "view", "@h7/lib@1.0.0", "deprecated", within="lib").strip() == "use 1.1.0"
    clients.ok("npm", "deprecate", "@h7/lib@1.0.0", "", within="lib")
    assert clients.ok("npm", "view", "@h7/lib@1.0.0", "deprecated", within="lib").strip() == ""

    seen = json.loads(clients.ok("npm", "view", "@h7/lib", "--json", within="lib"))
    assert (seen["versions"], seen["dist-tags"]) == (["1.0.0", "1.1.0"], {"beta": "1.1.0", "latest": "1.0.0"})
    assert seen["bin"] == {"lib": "cli.js"}


def test_given_an_unpublished_version_then_it_comes_back_with_its_own_bytes_only(
    clients: NodeClients, admin: ApiClient, project: str
) -> None:
    clients.ok("npm", "publish", within="lib")
    clients.write("lib", {**LIB, "version": "1.1.0"})
    clients.ok("npm", "publish", within="lib")
    kept = integrity(admin, project, "1.1.0")

    clients.ok("npm", "unpublish", "@h7/lib@1.1.0", within="lib")
    assert clients.ok("npm", "view", "@h7/lib", "versions", "--json", within="lib").split() == [
        "[",
        '"1.0.0"',
        "]",
    ]
    clients.ok("npm", "publish", within="lib")
    assert integrity(admin, project, "1.1.0") == kept

    clients.ok("npm", "unpublish", "@h7/lib@1.1.0", within="lib")
    clients.write("lib", {**LIB, "version": "1.1.0"}, index_js="module.exports = 2\n")
    refused = clients.run("npm", "publish", within="lib")
    assert refused.returncode == 1
    assert "you cannot publish over @h7/lib@1.1.0" in refused.stderr

    clients.ok("npm", "unpublish", "--force", "@h7/lib", within="lib")
    assert "E404" in clients.run("npm", "view", "@h7/lib", within="lib").stderr


def test_given_no_key_then_nobody_reads_or_publishes(clients: NodeClients) -> None:
    clients.ok("npm", "publish", within="lib")
    (clients.folder / "home" / ".npmrc").write_text(f"registry={clients.base}\n")

    for arguments in (("view", "@h7/lib"), ("view", "@h7/absent"), ("install",)):
        refused = clients.run("npm", *arguments, within="app")
        assert refused.returncode == 1
        assert "E401" in refused.stderr
    assert "ENEEDAUTH" in clients.run("npm", "publish", within="plain").stderr
