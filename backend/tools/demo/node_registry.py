"""npm, as people have it, about the registry that each project is."""

import json
import os
import subprocess
from pathlib import Path

from tools.demo.registry import Registry, RegistryError
from tools.demo.sources import PublishedFile

CLIENT_SECONDS = 120


class ClientsOfNode:
    """The registry of a project, for npm with a key; what it writes lies in a folder of the demonstration."""

    def __init__(self, registry: Registry, project: str, folder: Path) -> None:
        self._key = registry.make_key("node")
        self._folder = folder
        folder.mkdir()
        url = f"{registry.url}/npm/{project}/"
        key = f"{url.partition(':')[2]}:_authToken={self._key}"
        settings = (f"registry={url}", key, "audit=false", "fund=false")
        (folder / ".npmrc").write_text("\n".join((*settings, "")))

    def publish(self, file: PublishedFile) -> None:
        """Let npm publish a tarball as its publisher made it."""
        self._run("publish", str(file.path))

    def install(self, name: str) -> tuple[str, str]:
        """Let npm install the newest version; return which that is, and the digest in its lock file."""
        (self._folder / "package.json").write_text('{"name": "demonstration", "private": true}')
        self._run("install", "--ignore-scripts", name)
        locked = json.loads((self._folder / "package-lock.json").read_text())["packages"]
        found = locked[f"node_modules/{name}"]
        return found["version"], found["integrity"]

    def _run(self, *arguments: str) -> None:
        others = {
            name: value for name, value in os.environ.items() if not name.lower().startswith("npm_config_")
        }
        settings = {
            "npm_config_userconfig": str(self._folder / ".npmrc"),
            "npm_config_globalconfig": os.devnull,
            "npm_config_cache": str(self._folder / "cache"),
            "npm_config_update_notifier": "false",
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            ["npm", *arguments], cwd=self._folder, env={**others, **settings}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=CLIENT_SECONDS,
        )  # fmt: skip
        if done.returncode:
            said = (done.stdout + done.stderr).replace(self._key, "…")
            raise RegistryError(f"npm {arguments[0]} did not succeed:\n{said[-1000:]}")
