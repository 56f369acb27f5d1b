"""Verdaccio: the registry of Node's packages that most people run by themselves."""

import json
import shutil
import subprocess
from pathlib import Path

from benchmarks.contenders.contender import Contender
from benchmarks.processes import ContenderMissing, answers, free_port, launch, wait_until

# package.json and its lock. One of its parts asks for node-fetch by a tag, which does not stay what it is, so
# that is overridden.
PINS = Path(__file__).resolve().parent / "verdaccio"
VERSION = json.loads((PINS / "package.json").read_text())["dependencies"]["verdaccio"]
INSTALL_SECONDS = 300
CONFIGURATION = """\
storage: ./storage
auth: {htpasswd: {file: ./htpasswd}}
uplinks: {}
packages: {"**": {access: $all, publish: $all}}
max_body_size: 100mb
log: {type: stdout, format: pretty, level: warn}
"""


class VerdaccioServer(Contender):
    """Started as it comes, without another registry behind it; everybody may publish and read."""

    name = "verdaccio"

    def __init__(self, folder: Path, programs: Path) -> None:
        super().__init__(folder)
        self._programs = programs

    def start(self) -> None:
        """Install it once, and start it on an empty folder."""
        program = installed_program(self._programs)
        (self.folder / "config.yaml").write_text(CONFIGURATION)
        self.port = free_port()
        command = ["node", str(program), "--config", "config.yaml", "--listen", f"127.0.0.1:{self.port}"]
        self.running = launch(command, folder=self.folder, log=self.log)
        wait_until(lambda: answers(self.port, "/-/ping"), self.running, self.log)


def installed_program(programs: Path) -> Path:
    """Return its program, after installing it if need be, running nothing of it. Raises ContenderMissing."""
    folder = programs / f"verdaccio-{VERSION}"
    done = folder / "installed"
    if not done.exists():
        folder.mkdir(exist_ok=True)
        for pins in PINS.iterdir():
            shutil.copy(pins, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            raise ContenderMissing("it could not be installed with npm") from error
        done.touch()
    return folder / "node_modules" / "verdaccio" / "bin" / "verdaccio"
