"""Programs of Python that are measured: each in an environment of its own, made once for all runs."""

import subprocess
import sys
from pathlib import Path

from benchmarks.processes import ContenderMissing

INSTALL_SECONDS = 300


def installed(programs: Path, package: str, version: str) -> Path:
    """Return the folder of a package's programs, after installing it if need be. Raises ContenderMissing."""
    environment = programs / f"{package}-{version}"
    done = environment / "installed"
    if not done.exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", environment], check=True, capture_output=True)
            pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            command = [*pip, f"{package}=={version}"]
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            raise ContenderMissing("it could not be installed from PyPI") from error
        done.touch()
    return environment / "bin"
