"""The service that a page is run against."""

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.demo.registry import INHERITED, free_port, served

ADDRESS = re.compile(r"127\.0\.0\.1:(?:8080|18090)")
PORT = re.compile(r"\bPORT=(?:8080|18090)\b")
PLACES = {
    "/etc/registry.env": "registry.env",
    "/tmp/registry-tour": "tour",  # noqa: S108  # a name in a page
    "/backup": "backup",
    "instance/": "data/",
}
ADMIN_EMAIL, ADMIN_PASSWORD = "admin@example.com", "tour-password"


@dataclass(frozen=True, slots=True)
class DocumentedService:
    """Where it listens, and the settings with which its commands are run."""

    port: int
    folder: Path
    environ: Mapping[str, str]

    def placed(self, command: str) -> str:
        """Return a command of a page with this service, and its folders, in the places of those it names."""
        for shown, here in PLACES.items():
            command = command.replace(shown, str(self.folder / here))
        command = PORT.sub(lambda _: f"PORT={free_port()}", command)
        return ADDRESS.sub(f"127.0.0.1:{self.port}", command)


@contextlib.contextmanager
def running_service(folder: Path) -> Iterator[DocumentedService]:
    """Serve an empty registry from `folder` until the block ends. RegistryError if it does not start."""
    port = free_port()
    settings = folder / "registry.env"
    settings.touch()
    for name in ("home", "backup"):
        (folder / name).mkdir()
    environ = {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "HOME": str(folder / "home"),
        "LANG": "C.UTF-8",  # the pages show English messages
        "TERM": "dumb",  # no bars that move, no colours
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": str(port),
        "WORKERS": "1",
        "LOG_LEVEL": "WARNING",
        "ENV_FILE": str(settings),
        "URL_SOURCE_HOSTS": "files.example.com",
        "DATA_DIR": str(folder / "data"),
        "ADMIN_EMAIL": ADMIN_EMAIL,
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        "FLASK_SKIP_DOTENV": "1",
        "GC_GRACE_SECONDS": "0",
    }
    with served(folder, environ):
        yield DocumentedService(port, folder, environ)
