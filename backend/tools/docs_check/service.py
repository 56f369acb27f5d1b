"""The service that a page is run against."""

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.demo.registry import INHERITED, free_port, served

ADMIN_EMAIL, ADMIN_PASSWORD = "admin@example.com", "tour-password"


@dataclass(frozen=True, slots=True)
class Service:
    """Where it listens, and the settings with which its commands are run."""

    port: int
    environ: Mapping[str, str]


@contextlib.contextmanager
def running_service(folder: Path) -> Iterator[Service]:
    """Serve an empty registry from `folder` until the block ends. RegistryError if it does not start."""
    port = free_port()
    environ = {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORT": str(port),
        "WORKERS": "1",
        "LOG_LEVEL": "WARNING",
        "DATA_DIR": str(folder / "data"),
        "ADMIN_EMAIL": ADMIN_EMAIL,
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        "FLASK_SKIP_DOTENV": "1",
        "GC_GRACE_SECONDS": "0",
    }
    with served(folder, environ):
        yield Service(port, environ)
