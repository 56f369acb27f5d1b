"""pypiserver: a small Python registry on a folder."""

import contextlib
from pathlib import Path

from benchmarks.contenders.contender import Contender, Request
from benchmarks.contenders.environment import installed
from benchmarks.files import SampleFile
from benchmarks.load import curl
from benchmarks.processes import answers, free_port, launch, wait_until

VERSION = "2.4.2"


class PypiServer(Contender):
    """Started with its own default server; uploads without a password."""

    name = "pypiserver"

    def __init__(self, folder: Path, programs: Path) -> None:
        super().__init__(folder)
        self._programs = programs

    def start(self) -> None:
        """Install it once, into an environment of its own, and start it on an empty folder."""
        program = installed(self._programs, self.name, VERSION) / "pypi-server"
        self.port = free_port()
        files = self.folder / "packages"
        files.mkdir(exist_ok=True)
        address = ["-i", "127.0.0.1", "-p", str(self.port)]
        command = [str(program), "run", *address, "-P", ".", "-a", ".", str(files)]
        self.running = launch(command, folder=self.folder, log=self.log)
        wait_until(lambda: answers(self.port, "/"), self.running, self.log)

    @property
    def url(self) -> str:
        """Where uploads go."""
        return f"http://127.0.0.1:{self.port}/"

    def put(self, sample: SampleFile) -> None:
        """Upload as twine does: a form with the file."""
        fields = {":action": "file_upload", "name": "bench", "version": sample.name}
        curl.form(sample.path, Request(self.url), "content", f"bench-{sample.name}.tar.gz", fields)

    def get(self, sample: SampleFile) -> Request:
        """Where an uploaded file is read."""
        return Request(f"{self.url}packages/bench-{sample.name}.tar.gz")

    def clear(self) -> None:
        """Unlink large files."""
        for path in (self.folder / "packages").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_size > 1024 * 1024:
                    path.unlink()
