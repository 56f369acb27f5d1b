"""Memory stays bounded however large the body is that goes through the service to S3."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.integration.test_memory import GIB, MemoryWatch, warm_up
from tests.integration.test_sizes import MIB, Repeated
from tests.support.site import Site, site
from tests.support.stack import settings_on


@pytest.fixture(scope="module")
def on_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service on MySQL and MinIO."""
    with settings_on("minio") as settings, site(tmp_path_factory.mktemp("memory"), **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def _used_servers(record_property: Callable[[str, object], None]) -> None:
    record_property("server", "minio")


def upload(on_s3: Site, package: str, seed: int) -> None:
    """Upload a body of 1 GiB that differs from all others."""
    answer = requests.put(
        f"{on_s3.server.url}{package}/upload/large.bin?tag=t{seed}",
        data=Repeated(GIB, seed),
        headers={"Authorization": f"Bearer {on_s3.token}"},
        timeout=900,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["size"] == GIB


@pytest.mark.slow
def test_given_1_gib_up_and_down_then_memory_grows_by_less_than_160_mib(on_s3: Site) -> None:
    package = on_s3.new_package("one")
    warm_up(on_s3.server)
    with MemoryWatch(on_s3.server) as watch:
        upload(on_s3, package, 1)
        with requests.get(
            f"{on_s3.server.url}{package}/+/t1",
            headers={"Authorization": f"Bearer {on_s3.token}"},
            stream=True,
            timeout=900,
        ) as answer:
            assert sum(len(block) for block in answer.iter_content(MIB)) == GIB

    assert watch.growth_bytes < 160 * MIB, f"{watch.growth_bytes / MIB:.1f} MiB"


@pytest.mark.large
def test_given_eight_times_1_gib_at_once_then_memory_grows_by_less_than_384_mib(on_s3: Site) -> None:
    package = on_s3.new_package("eight")
    warm_up(on_s3.server)
    with MemoryWatch(on_s3.server) as watch, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: upload(on_s3, package, seed), range(10, 18)))

    assert watch.growth_bytes < 384 * MIB, f"{watch.growth_bytes / MIB:.1f} MiB"
