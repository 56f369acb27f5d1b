"""uv and pip, as people have them, about the index that each project is."""

import os
import subprocess
import sys
from pathlib import Path

from tools.demo.registry import Registry, RegistryError
from tools.demo.sources import PublishedFile, run

UV = "uv==0.13.9"
CLIENT_SECONDS = 120
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]


def fetch_uv(folder: Path) -> Path:
    """Fetch uv into a folder of its own, and return the program. Raises NotFetched."""
    folder.mkdir()
    run([*PIP, "install", "--quiet", "--no-deps", "--target", str(folder), UV], f"{UV} (a client)", folder)
    return folder / "bin" / "uv"


class ClientsOfPython:
    """The index of a project, for clients with a key."""

    def __init__(self, registry: Registry, project: str, uv: Path) -> None:
        self._base = f"{registry.url}/pypi/{project}"
        self._key = registry.make_key("python")
        self._uv = uv

    def publish(self, file: PublishedFile) -> None:
        """Let uv publish a file."""
        url = f"{self._base}/legacy/"
        self._run([str(self._uv), "publish", "--publish-url", url, "--token", self._key, str(file.path)])

    def install(self, name: str, folder: Path) -> str:
        """Let pip install the newest version into a folder, and return which that is."""
        index = f"{self._base.replace('://', f'://__token__:{self._key}@')}/simple/"
        self._run([*PIP, "install", "--quiet", "--target", str(folder), "--index-url", index, name])
        (info,) = folder.glob("*.dist-info")
        return info.name.removesuffix(".dist-info").partition("-")[2]

    def _run(self, command: list[str]) -> None:
        settings = {"UV_NO_CONFIG": "1", "NO_PROXY": "127.0.0.1", "PIP_CONFIG_FILE": os.devnull}
        others = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        done = subprocess.run(
            command, env={**others, **settings}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=CLIENT_SECONDS,
        )  # fmt: skip
        if done.returncode:
            said = (done.stdout + done.stderr).replace(self._key, "…")
            raise RegistryError(f"{Path(command[0]).name} did not succeed:\n{said[-1000:]}")
