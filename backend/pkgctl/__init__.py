"""`pkgctl`, the command line of the registry: a client of its public HTTP API and nothing more."""

import importlib.metadata
import tomllib
from pathlib import Path

NAME = "pkgctl"


def own_version() -> str:
    """Return the version in the `pyproject.toml` of this checkout, or of what was installed from one."""
    project = Path(__file__).resolve().parents[1] / "pyproject.toml"
    if project.is_file():
        described = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
        if described.get("name") == NAME:
            return str(described["version"])
    return importlib.metadata.version(NAME)


VERSION = own_version()
