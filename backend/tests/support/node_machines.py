"""Machines with clients of npm: each has a home, a folder, a key or none, and somebody who may sit at it."""

import json
import os
import pty
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from select import select
from typing import Any

from tests.support.live import LiveServer
from tests.support.node import node_packages
from tests.support.node_clients import PROGRAMS, SETTINGS_OF_OTHERS

CLIENT_SECONDS = 120
TALK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ToldByClient:
    """What a client has said, and whether it succeeded."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """All of it."""
        return self.out + self.err

    def ok(self) -> "ToldByClient":
        """Return it if it is a success."""
        assert self.code == 0, self.said[-3000:]
        return self

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class NodeMachine:
    """Runs clients in a folder of a test, about one project of a service."""

    server: LiveServer
    project: str
    key: str | None
    folder: Path

    @property
    def registry(self) -> str:
        """Where the registry is."""
        return f"{self.server.url}/npm/{self.project}/"

    @property
    def home(self) -> Path:
        """Where its settings, caches and logs are: beside the folder, which is packed."""
        return self.folder.with_name(f"home-of-{self.folder.name}")

    @property
    def host(self) -> str:
        """The same, as settings name it."""
        return self.registry.partition(":")[2]

    def in_folder(self, name: str, key: str | None = None) -> "NodeMachine":
        """Return clients in a folder beside this one, as on another machine, with the same key or another."""
        place = self.folder.with_name(name)
        place.mkdir(exist_ok=True)
        made = NodeMachine(self.server, self.project, key or self.key, place)
        made.write_settings()
        return made

    def write_settings(self, *lines: str) -> None:
        """Write the settings of npm, pnpm and yarn 1, and those of yarn 4."""
        own = (f"{self.host}:_authToken={self.key}", f"{self.host}:always-auth=true")  # yarn 1 wants both
        key = () if self.key is None else own
        self.write(".npmrc", "\n".join((f"registry={self.registry}", *key, *lines, "")))
        token = "" if self.key is None else f'npmAuthToken: "{self.key}"\n'
        self.write(
            ".yarnrc.yml",
            f'npmRegistryServer: "{self.registry}"\n{token}npmAlwaysAuth: true\n'
            'npmPreapprovedPackages: ["@h7/*", "h7-*"]\nunsafeHttpWhitelist: ["127.0.0.1"]\n'
            "nodeLinker: node-modules\nenableGlobalCache: false\nenableTelemetry: false\n",
        )

    def write_scope_of_yarn(self, *lines: str) -> None:
        """Write yarn 4's settings for one scope alone, as docs/npm.md shows them; others have no registry."""
        token = () if self.key is None else (f'npmAuthToken: "{self.key}"',)
        own = (f'npmRegistryServer: "{self.registry}"', *token, "npmAlwaysAuth: true", *lines)
        scope = "".join(f"    {line}\n" for line in own)
        self.write(
            ".yarnrc.yml",
            f'npmScopes:\n  h7:\n{scope}npmRegistryServer: "http://127.0.0.1:1"\n'
            'npmPreapprovedPackages: ["@h7/*"]\nunsafeHttpWhitelist: ["127.0.0.1"]\n'
            "nodeLinker: node-modules\nenableGlobalCache: false\nenableTelemetry: false\n",
        )

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def write_package(
        self, name: str, version: str, content: str = "module.exports = 1\n", **more: Any
    ) -> None:
        """Be a package that can be published."""
        manifest = {"name": name, "version": version, "description": "A library", "files": ["index.js"]}
        self.write("package.json", json.dumps({**manifest, **more}, indent=2))
        self.write("index.js", content)
        self.write("README.md", f"# {name}\n")
        self.write("yarn.lock", "")

    def write_consumer(self, **dependencies: str) -> None:
        """Be a project that needs packages."""
        manifest = {"name": "consumer", "version": "1.0.0", "private": True, "dependencies": dependencies}
        self.write("package.json", json.dumps(manifest, indent=2))
        self.write("yarn.lock", "")

    def forget(self) -> None:
        """Be a machine that has nothing: no cache, no store, nothing installed."""
        for place in (self.folder / "node_modules", self.folder / ".yarn", self.home):
            shutil.rmtree(place, ignore_errors=True)

    def command(self, client: str, *arguments: str) -> list[str]:
        """Return how a client is started; skip the test by its name where it is absent."""
        return ["node", str(node_packages() / "node_modules" / PROGRAMS[client]), *arguments]

    def run(self, client: str, *arguments: str, **more: str) -> ToldByClient:
        """Run a client."""
        done = subprocess.run(
            self.command(client, *arguments), cwd=self.folder, env={**self.surroundings(), **more},
            capture_output=True, text=True, check=False, timeout=CLIENT_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return ToldByClient(done.returncode, done.stdout, done.stderr)

    def surroundings(self) -> Mapping[str, str]:
        """Return the environment of a client: that of this process without its settings, and a home."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith((*SETTINGS_OF_OTHERS, "CI"))
        }
        home = self.home
        home.mkdir(exist_ok=True)
        return {
            **kept,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_STATE_HOME": str(home / "state"),
            "PATH": f"{node_packages()}/node_modules/.bin:{kept.get('PATH', '')}",
            "NO_PROXY": "127.0.0.1",
            "npm_config_globalconfig": os.devnull,
            "npm_config_update_notifier": "false",
            "npm_config_fund": "false",
            "npm_config_fetch_retries": "0",
            "npm_config_ignore_scripts": "true",
            "YARN_ENABLE_TELEMETRY": "0",
        }

    def talk(self, client: str, *arguments: str, to: Callable[[str], str | None]) -> ToldByClient:
        """Run a client at a terminal; `to` says what is typed, given what was shown and not answered yet.

        Raises AssertionError if it does not end in time.
        """
        command, ours = self.command(client, *arguments), self.surroundings()
        controller, terminal = pty.openpty()
        try:
            process = subprocess.Popen(
                command, cwd=self.folder, env={**ours, "TERM": "dumb"}, stdin=terminal, stdout=terminal,
                stderr=terminal, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(terminal)
        shown, answered, deadline = "", 0, time.monotonic() + TALK_SECONDS
        try:
            while time.monotonic() < deadline:
                ready, _, _ = select([controller], [], [], 0.2)
                block = read_terminal(controller) if ready else b""
                shown += block.decode("utf-8", "replace")
                if (typed := to(shown[answered:])) is not None:
                    answered = len(shown)
                    os.write(controller, typed.encode())
                if process.poll() is not None and not block:
                    return ToldByClient(process.returncode, shown, "")
            raise AssertionError(f"it did not end: {shown[-2000:]}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(controller)

    def publish(self, client: str = "npm", *more: str) -> ToldByClient:
        """Publish the package of the folder."""
        match client:
            case "yarn1":
                return self.run(client, "publish", "--non-interactive", *more)
            case "yarn4":
                return self.run(client, "npm", "publish", *more)
            case "pnpm":
                return self.run(client, "publish", "--no-git-checks", *more)
            case _:
                return self.run(client, "publish", *more)


def read_terminal(controller: int) -> bytes:
    """Return what has been shown since; nothing behind the end, which Linux tells as a failure."""
    try:
        return os.read(controller, 65_536)
    except OSError:
        return b""
