"""npm, pnpm and yarn, pinned with the other packages of Node, run with nothing but what a test gives them."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.live import LiveServer
from tests.support.node import node_packages

CLIENT_SECONDS = 120
SETTINGS_OF_OTHERS = ("NPM_", "npm_", "PNPM_", "YARN_", "COREPACK_", "NODE_")
PROGRAMS = {
    "npm": "npm/bin/npm-cli.js",
    "pnpm": "pnpm/bin/pnpm.cjs",
    "yarn1": "yarn/bin/yarn.js",
    "yarn4": "@yarnpkg/cli-dist/bin/yarn.js",
}


@dataclass(frozen=True, slots=True)
class NodeClients:
    """Runs clients in a folder of a test, about one project of a service."""

    server: LiveServer
    project: str
    key: str
    folder: Path

    @property
    def base(self) -> str:
        """Where the registry is."""
        return f"{self.server.url}/npm/{self.project}/"

    def configure(self) -> None:
        """Write what people write into their homes."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        place = self.base.removeprefix("http:")
        (home / ".npmrc").write_text(f"registry={self.base}\n{place}:_authToken={self.key}\nfund=false\n")
        yarn = {
            "npmRegistryServer": self.base.rstrip("/"), "npmAuthToken": self.key, "npmAlwaysAuth": True,
            "unsafeHttpWhitelist": ["127.0.0.1"], "npmPreapprovedPackages": ["@h7/*"],
            "enableTelemetry": False, "nodeLinker": "node-modules", "enableGlobalCache": False,
        }  # fmt: skip
        (home / ".yarnrc.yml").write_text(json.dumps(yarn))

    def run(self, client: str, *arguments: str, within: str) -> "subprocess.CompletedProcess[str]":
        """Run a client in a folder of the test's; skip the test by its name where it is absent."""
        program = node_packages() / "node_modules" / PROGRAMS[client]
        return subprocess.run(
            ["node", str(program), *arguments], cwd=self.folder / within, env=self.surroundings(),
            capture_output=True, text=True, check=False, timeout=CLIENT_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def ok(self, client: str, *arguments: str, within: str) -> str:
        """Run a client that has to succeed, and return what it prints."""
        done = self.run(client, *arguments, within=within)
        assert done.returncode == 0, f"{client} {arguments}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    def surroundings(self) -> Mapping[str, str]:
        """Return the environment of a client: that of this process without its settings, and a home."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF_OTHERS)}
        home = str(self.folder / "home")
        return {
            **kept,
            "HOME": home,
            "XDG_CACHE_HOME": f"{home}/cache",
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_DATA_HOME": f"{home}/data",
            "NO_PROXY": "127.0.0.1",
            "npm_config_update_notifier": "false",
            "npm_config_audit": "false",
            "YARN_ENABLE_IMMUTABLE_INSTALLS": "false",
        }

    def write(self, folder: str, manifest: Mapping[str, Any], **files: str) -> None:
        """Write a package; `index_js` is index.js."""
        place = self.folder / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / "package.json").write_text(json.dumps(manifest))
        for name, content in files.items():
            (place / name.replace("_", ".")).write_text(content)
