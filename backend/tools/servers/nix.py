"""Nix, which is no server: the programs that build releases, from the machine's own distribution."""

import fcntl
import os
import shutil
from pathlib import Path

from tools.servers.processes import complete
from tools.servers.server import ServerMissing

PACKAGE = "nix-bin"
INSTALL_SECONDS = 300
ROOT = Path("/")


def obtain_nix() -> str:
    """Install Nix unless the machine has it, and return its version. Raises ServerMissing."""
    if shutil.which("nix-build") is None:
        install()
    return complete(["nix-build", "--version"], ROOT, seconds=30).strip()


def install() -> None:
    """Install the distribution's package, which only root may. Raises ServerMissing."""
    if shutil.which("apt-get") is None:
        raise ServerMissing("nix-build is not installed, and neither is apt-get")
    if os.geteuid() != 0:
        raise ServerMissing(
            f"nix-build is not installed; let an administrator run: apt-get install {PACKAGE}"
        )
    with Path("/run/lock/wxcloudrun-nix").open("w") as lock:  # tests run in several processes
        fcntl.flock(lock, fcntl.LOCK_EX)
        if shutil.which("nix-build") is not None:
            return
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        complete(["apt-get", "-qq", "update"], ROOT, seconds=INSTALL_SECONDS, environment=quiet)
        command = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", PACKAGE]
        complete(command, ROOT, seconds=INSTALL_SECONDS, environment=quiet)
