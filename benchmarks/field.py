"""Everybody who takes part in a run, started together, and who could not be had."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.servers.control import known

from benchmarks.contenders.contender import Contender
from benchmarks.contenders.devpi_server import VERSION as DEVPI_VERSION
from benchmarks.contenders.devpi_server import DevpiServer
from benchmarks.contenders.docker_registry import DockerRegistry
from benchmarks.contenders.nginx import Nginx
from benchmarks.contenders.pypi_server import VERSION as PYPISERVER_VERSION
from benchmarks.contenders.pypi_server import PypiServer
from benchmarks.contenders.s3_server import S3Server
from benchmarks.contenders.service import BACKEND, RegistryService
from benchmarks.contenders.verdaccio_server import VERSION as VERDACCIO_VERSION
from benchmarks.contenders.verdaccio_server import VerdaccioServer
from benchmarks.files import Samples
from benchmarks.options import Options
from benchmarks.processes import ContenderMissing
from benchmarks.targets import NPM_WORKS, PYTHON_WORKS

INLINE, DEFERRED = "service", "service, deferred digests"
S3_STORES = ("minio", "seaweedfs")


@dataclass(slots=True)
class Field:
    """Who takes part. What is None or missing stands in `left_out` with the reason."""

    folder: Path
    samples: Samples
    service: RegistryService
    deferred: RegistryService
    docker: DockerRegistry | None = None
    nginx: Nginx | None = None
    pypi: PypiServer | None = None
    devpi: DevpiServer | None = None
    verdaccio: VerdaccioServer | None = None
    stores: dict[str, tuple[S3Server, RegistryService]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    is_quick: bool = False

    def everybody(self) -> list[Contender]:
        """Return all that take part."""
        peers: list[Contender | None] = [self.docker, self.nginx, self.pypi, self.devpi, self.verdaccio]
        stores: list[Contender] = [each for pair in self.stores.values() for each in pair]
        return [self.service, self.deferred, *(peer for peer in peers if peer is not None), *stores]

    def versions(self) -> dict[str, str]:
        """Return the versions of those that were installed for this."""
        pinned = {
            "pypiserver": (self.pypi, PYPISERVER_VERSION),
            "devpi-server": (self.devpi, DEVPI_VERSION),
            "verdaccio": (self.verdaccio, VERDACCIO_VERSION),
        }
        return {name: version for name, (peer, version) in pinned.items() if peer is not None}

    def clear(self) -> None:
        """Make room on the disk."""
        for each in self.everybody():
            each.clear()


@contextmanager
def entered(options: Options) -> Iterator[Field]:
    """Start everybody; stop them and remove their data at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        folder.chmod(0o755)  # for the workers of nginx
        found = Field(
            folder,
            Samples(folder / "samples"),
            RegistryService(INLINE, folder / "service"),
            RegistryService(DEFERRED, folder / "deferred", {"EXTRA_DIGESTS": "deferred"}),
            is_quick=options.is_quick,
        )
        for mine in (found.service, found.deferred):
            stack.callback(mine.stop)
            mine.start()
        if options.peers:
            join_peers(found, stack, options)
        if options.s3:
            join_stores(found, stack)
        yield found


def join_peers(found: Field, stack: ExitStack, options: Options) -> None:
    """Add the peers that the machine has."""
    folder = found.folder
    found.docker = joined(DockerRegistry(folder / "docker-registry"), found, stack)
    found.nginx = joined(Nginx(folder / "nginx"), found, stack)
    if found.is_quick:
        registries = (PypiServer.name, DevpiServer.name, VerdaccioServer.name)
        found.left_out |= dict.fromkeys(registries, "--quick")
        return
    found.pypi = joined(PypiServer(folder / "pypiserver", programs()), found, stack)
    if any(map(options.includes, PYTHON_WORKS)):
        found.devpi = joined(DevpiServer(folder / "devpi", programs()), found, stack)
    if any(map(options.includes, NPM_WORKS)):
        found.verdaccio = joined(VerdaccioServer(folder / "verdaccio", programs()), found, stack)


def join_stores(found: Field, stack: ExitStack) -> None:
    """Add each S3 server with an instance of the service on it, starting the servers if none runs."""
    if not known()["servers"].keys() & set(S3_STORES):
        subprocess.run([BACKEND / "tools" / "services", "start", *S3_STORES], check=False)
    for name in S3_STORES:
        described = known()
        if name not in described["servers"]:
            found.left_out[name] = described["skipped"].get(name, "it does not run")
            continue
        store = joined(S3Server(found.folder / name, name, described["servers"][name]), found, stack)
        if store is not None:
            mine = RegistryService(f"service on {name}", found.folder / f"service-{name}", store.settings())
            stack.callback(mine.stop)
            mine.start()
            found.stores[name] = (store, mine)


def joined[C: Contender](contender: C, found: Field, stack: ExitStack) -> C | None:
    """Start a contender; None, with the reason written down, if it cannot be had."""
    stack.callback(contender.stop)
    try:
        contender.start()
    except ContenderMissing as unavailable:
        found.left_out[contender.name] = str(unavailable)
        return None
    return contender


def programs() -> Path:
    """Return where peers are installed, once for all runs."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(cache) / "wxcloudrun-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
