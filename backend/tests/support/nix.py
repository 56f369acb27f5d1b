"""Real Nix: found, or installed where that is possible, and a catalogue of expressions to build."""

import functools
import os
import subprocess
from pathlib import Path

import pytest

from tools.servers.nix import obtain_nix
from tools.servers.server import ServerMissing

CATALOG = Path(__file__).parent / "nix_catalog"


@functools.cache
def reason_without_nix() -> str | None:
    """Return why there is no Nix on this machine, None if there is."""
    try:
        obtain_nix()
    except ServerMissing as unavailable:
        return str(unavailable)
    return None


def need_nix() -> None:
    """Skip the test by name if there is no Nix."""
    reason = reason_without_nix()
    if reason is not None:
        pytest.skip(f"no nix: {reason}")


def imported(export: bytes, store: Path, home: Path) -> list[Path]:
    """Import a closure into an empty store for which the same folder's name is meant; return where it lies.

    The name of the store's folder is part of each path in the export, so the files come to lie below
    another root.
    """
    home.mkdir(parents=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "NIX_STORE_DIR": str(store),
        "NIX_STATE_DIR": str(home / "var"),
        "NIX_LOG_DIR": str(home / "log"),
        "NIX_CONF_DIR": str(home / "etc"),
        "NIX_CONFIG": "build-users-group =\nsubstituters =",
    }
    command = ["nix-store", "--store", f"local?root={home / 'root'}", "--import"]
    done = subprocess.run(command, input=export, env=environment, check=True, capture_output=True, timeout=60)
    paths = [Path(line) for line in done.stdout.decode().splitlines()]
    return [home / "root" / "nix" / "store" / path.name for path in paths]
