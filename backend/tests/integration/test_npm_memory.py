"""A tarball of 100 MiB in the middle of a JSON document is published in a few megabytes of memory."""

import base64
import gzip
import json
from collections.abc import Iterator

import pytest
import requests

from tests.integration.test_memory import MemoryWatch, warm_up
from tests.support.builders import content
from tests.support.live import LiveServer
from tests.support.node_registry import NodePackage, package_of, publication
from tests.unit.formats.samples import tarred

MIB = 1024 * 1024
PIECE_BYTES = 3 * MIB
HOLE = "HOLE"


@pytest.fixture
def registry_url(server: LiveServer, admin_token: str) -> str:
    """Where the registry of a new project is."""
    made = requests.post(
        f"{server.url}/api/v1/projects", json={"name": "heavy"}, headers=headers(admin_token), timeout=60
    )
    made.raise_for_status()
    return f"{server.url}/npm/heavy"


def headers(token: str) -> dict[str, str]:
    """Return what every request here has."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def large(megabytes: int) -> NodePackage:
    """Return a package that can hardly be compressed, whose package.json stands behind everything else."""
    manifest = json.dumps({"name": "large", "version": "1.0.0"}).encode()
    files = {"package/a.bin": content(megabytes * MIB, seed=5), "package/package.json": manifest}
    return NodePackage("large", "1.0.0", gzip.compress(tarred(files), 1, mtime=0))


def body_of(package: NodePackage) -> Iterator[bytes]:
    """Yield the document piece by piece."""
    document = publication(package)
    (attachment,) = document["_attachments"].values()
    attachment["data"] = HOLE
    before, after = json.dumps(document).encode().split(HOLE.encode())
    yield before
    for at in range(0, len(package.data), PIECE_BYTES):
        yield base64.b64encode(package.data[at : at + PIECE_BYTES])
    yield after


def publish(url: str, token: str, package: NodePackage) -> None:
    """Publish a package."""
    answer = requests.put(f"{url}/{package.name}", data=body_of(package), headers=headers(token), timeout=300)
    assert answer.status_code == 201, answer.text


@pytest.mark.slow
def test_given_100_mib_then_memory_grows_by_less_than_30_mib(
    server: LiveServer, admin_token: str, registry_url: str
) -> None:
    warm_up(server)
    for number in range(10):
        publish(
            registry_url, admin_token, package_of(f"small-{number}", content=content(100_000, seed=number))
        )
    package = large(100)

    with MemoryWatch(server) as watch:
        publish(registry_url, admin_token, package)

    assert watch.growth_bytes < 30 * MIB, f"{watch.growth_bytes / MIB:.1f} MiB"
    tarball = requests.get(
        f"{registry_url}/large/-/large-1.0.0.tgz", headers=headers(admin_token), timeout=300
    )
    assert tarball.content == package.data
