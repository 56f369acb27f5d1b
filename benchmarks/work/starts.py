"""Cold starts and the memory of a server that has nothing to do."""

import time
from collections.abc import Callable, Iterator

from benchmarks.contenders.docker_registry import DockerRegistry
from benchmarks.contenders.service import RegistryService
from benchmarks.field import Field
from benchmarks.rounds import Case, Work

MEGABYTE = 1_000_000
IDLE_SECONDS = 1.0


def works(field: Field) -> Iterator[Work]:
    """Make both."""
    servers: list[RegistryService | DockerRegistry] = [field.service]
    if field.docker is not None:
        servers.append(field.docker)
    starts = [Case(server.name, restart(server), server=server) for server in servers]
    yield Work("cold start until ready", "s", lambda: starts)
    idles = [Case(server.name, idle(server), server=server) for server in servers]
    yield Work("largest process after a start", "MB", lambda: idles)


def restart(server: RegistryService | DockerRegistry) -> Callable[[], float]:
    """Stop a server; measure how long it takes from the command until it is ready."""

    def run() -> float:
        server.stop()
        began = time.perf_counter()
        server.launch()
        return time.perf_counter() - began

    return run


def idle(server: RegistryService | DockerRegistry) -> Callable[[], float]:
    """Return the memory of the largest process of a server that has just started."""

    def run() -> float:
        server.stop()
        server.launch()
        time.sleep(IDLE_SECONDS)
        return 0.0 if server.running is None else server.running.resident_bytes() / MEGABYTE

    return run
