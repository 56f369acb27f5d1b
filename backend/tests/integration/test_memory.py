"""Memory stays constant however large the body is."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import pytest
import requests

from tests.integration.test_sizes import MIB, Repeated
from tests.support.live import LiveServer

GIB = 1024 * MIB


class MemoryWatch:
    """Samples the server's resident memory while something happens, and knows by how much it grew."""

    def __init__(self, server: LiveServer) -> None:
        self._server = server
        self._start = server.resident_bytes()
        self._peak = self._start
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._done.wait(0.05):
            self._peak = max(self._peak, self._server.resident_bytes())

    @property
    def growth_bytes(self) -> int:
        """How much more memory there was at the peak than at the start."""
        return self._peak - self._start


@pytest.fixture
def upload(server: LiveServer, admin_token: str, package_url: str) -> Callable[[int], None]:
    """Upload a body of 1 GiB that differs from all others."""

    def send(seed: int) -> None:
        answer = requests.put(
            f"{server.url}{package_url}/upload/large.bin",
            data=Repeated(GIB, seed),
            headers={"Authorization": f"Bearer {admin_token}"},
            timeout=900,
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["size"] == GIB

    return send


@pytest.mark.slow
def test_given_1_gib_up_then_memory_grows_by_less_than_64_mib(
    server: LiveServer, upload: Callable[[int], None]
) -> None:
    warm_up(server)
    with MemoryWatch(server) as watch:
        upload(1)

    assert watch.growth_bytes < 64 * MIB, f"{watch.growth_bytes / MIB:.1f} MiB"


@pytest.mark.slow
def test_given_1_gib_down_then_memory_grows_by_less_than_64_mib(
    server: LiveServer, admin_token: str, package_url: str
) -> None:
    headers = {"Authorization": f"Bearer {admin_token}"}
    url = f"{server.url}{package_url}"
    requests.put(
        f"{url}/upload/large.bin?tag=large", data=Repeated(GIB, 7), headers=headers, timeout=900
    ).raise_for_status()
    with (
        MemoryWatch(server) as watch,
        requests.get(f"{url}/+/large", headers=headers, stream=True, timeout=900) as answer,
    ):
        received = sum(len(block) for block in answer.iter_content(MIB))

    assert received == GIB
    assert watch.growth_bytes < 64 * MIB, f"{watch.growth_bytes / MIB:.1f} MiB"


@pytest.mark.large
def test_given_eight_times_1_gib_at_once_then_memory_grows_by_less_than_128_mib(
    server: LiveServer, upload: Callable[[int], None]
) -> None:
    warm_up(server)
    with MemoryWatch(server) as watch, ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, range(10, 18)))

    assert watch.growth_bytes < 128 * MIB, f"{watch.growth_bytes / MIB:.1f} MiB"


def warm_up(server: LiveServer) -> None:
    """Let every worker load what it needs for its first request."""
    for _ in range(40):
        requests.get(server.url + "/api/ready", timeout=10).raise_for_status()
    time.sleep(0.2)
