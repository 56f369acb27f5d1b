"""Many slow clients at once: each gets or gives every byte, and everybody else is answered meanwhile.

The whole of it, with a thousand downloads for a minute and the figures, is the work of `make bench`.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from typing import Self

import pytest
import requests

from tests.support.builders import content, sha256
from tests.support.live import LiveServer
from tests.support.site import Site, site
from tests.support.stack import settings_on
from tools.crowd import Plan, coming

DOWNLOADS, UPLOADS, SILENT, TRICKLING = 150, 30, 100, 30
BYTES_PER_SECOND = 20_000
SECONDS = 15
SETTINGS = {"WORKERS": "1", "THREADS": "2", "HEADER_SECONDS": "5", "LOG_LEVEL": "WARNING"}
PATIENCE_SECONDS = 5.0  # of this test for one answer: the machine may be busy
FILE = content(BYTES_PER_SECOND * SECONDS, seed=29)


@pytest.fixture(scope="module", params=["local", "minio"])
def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service with two threads, on each kind of store."""
    folder = tmp_path_factory.mktemp("crowded")
    with settings_on(request.param) as settings, site(folder, **settings, **SETTINGS) as running:
        yield running


class Questions:
    """Somebody who asks now and then, and how long each answer took."""

    def __init__(self, server: LiveServer, path: str, token: str) -> None:
        self._url = server.url + path
        self._headers = {"Authorization": f"Bearer {token}"}
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.seconds: list[float] = []
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._enough.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._enough.wait(0.1):
            began = time.monotonic()
            try:
                status = requests.get(self._url, headers=self._headers, timeout=30).status_code
            except requests.RequestException as error:
                self.failures.append(type(error).__name__)
                continue
            self.seconds.append(time.monotonic() - began)
            if status != 200:
                self.failures.append(str(status))

    @property
    def is_well(self) -> bool:
        """Tell whether each was answered, and nearly all of them soon."""
        return not self.failures and statistics.quantiles(self.seconds, n=20)[-1] < PATIENCE_SECONDS


def test_given_many_slow_clients_then_all_transfers_are_whole_and_questions_are_answered(
    crowded: Site,
) -> None:
    package = crowded.new_package("crowd")
    url, headers = crowded.server.url + package, {"Authorization": f"Bearer {crowded.token}"}
    uploaded = requests.put(f"{url}/upload/large.bin?tag=large", data=FILE, headers=headers, timeout=60)
    uploaded.raise_for_status()
    plan = Plan(
        port=crowded.server.port,
        keys=[crowded.token],
        bytes_per_second=BYTES_PER_SECOND,
        downloads=DOWNLOADS,
        download_path=f"{package}/+/large",
        sha256=sha256(FILE),
        uploads=UPLOADS,
        upload_path=package + "/upload/slow-{number}.bin",
        upload_bytes=len(FILE),
        silent=SILENT,
        trickling=TRICKLING,
        seconds=SECONDS * 3,
    )

    with (
        coming(plan) as visitors,
        Questions(crowded.server, "/api/health", crowded.token) as health,
        Questions(crowded.server, package + "/uploads?limit=1", crowded.token) as metadata,
    ):
        crowd = visitors.result()

    assert crowd.downloads == {"whole": DOWNLOADS}
    assert crowd.uploads == {"whole": UPLOADS}
    assert crowd.dropped == SILENT + TRICKLING
    assert health.is_well, (health.failures, sorted(health.seconds)[-10:])
    assert metadata.is_well, (metadata.failures, sorted(metadata.seconds)[-10:])
