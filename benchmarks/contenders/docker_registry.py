"""docker-registry (CNCF distribution) on its file system: SHA-256 and one file for each blob."""

import shutil
import subprocess
from pathlib import Path

from benchmarks.contenders.contender import Contender, Request
from benchmarks.files import SampleFile
from benchmarks.load import curl
from benchmarks.processes import ContenderMissing, answers, free_port, launch, wait_until

# What its package ships, without passwords and on a folder of its own.
CONFIGURATION = """
version: 0.1
log: {{level: info}}
storage:
  cache: {{blobdescriptor: inmemory}}
  filesystem: {{rootdirectory: {folder}/blobs}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}"}}
"""


class DockerRegistry(Contender):
    """The peer that the targets name."""

    name = "docker-registry"

    def start(self) -> None:
        """Start it on an empty folder."""
        self.port = free_port()
        configuration = self.folder / "config.yml"
        configuration.write_text(CONFIGURATION.format(folder=self.folder, port=self.port))
        self.command = ["docker-registry", "serve", str(configuration)]
        self.launch()

    def launch(self) -> None:
        """Start the server and wait until it answers."""
        self.running = launch(self.command, folder=self.folder, log=self.log)
        wait_until(lambda: answers(self.port, "/v2/"), self.running, self.log)

    @property
    def url(self) -> str:
        """Where its blobs are put."""
        return f"http://127.0.0.1:{self.port}/v2/bench"

    def put(self, sample: SampleFile) -> None:
        """Push one blob as its clients do: ask for a place, then send the bytes there."""
        curl.put(sample.path, Request(f"{self.begin()}&digest=sha256:{sample.sha256}"), status=201)

    def begin(self) -> str:
        """Return a place for one push."""
        answer = subprocess.run(
            ["curl", "-sS", "-X", "POST", "-D", "-", "-o", "/dev/null", f"{self.url}/blobs/uploads/"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for line in answer.splitlines():
            if line.lower().startswith("location:"):
                return line.split(":", 1)[1].strip()
        raise ContenderMissing(f"docker-registry gave no place for a push: {answer[:200]}")

    def get(self, sample: SampleFile) -> Request:
        """Where a blob that was pushed is read."""
        return Request(f"{self.url}/blobs/sha256:{sample.sha256}")

    def clear(self) -> None:
        """Unlink large blobs; collecting would need it to stand still."""
        for path in Path(self.folder / "blobs").rglob("data"):
            if path.stat().st_size > 1024 * 1024:
                shutil.rmtree(path.parent)
