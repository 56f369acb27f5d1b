"""The documented proxy in front: whoever is refused in the middle of a large body is told why, every time.

`REFUSALS` is how many uploads are refused: 24 unless the environment says otherwise, 200 for the whole.
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.support.documented_nginx import NAME, documented_nginx
from tests.support.live import LiveServer, live_server

REFUSALS = int(os.environ.get("REFUSALS", "24"))
BODY_BYTES = 200 * 1024 * 1024
LIMIT_BYTES = 100 * 1024 * 1024
AT_ONCE = 4


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, int]]:
    """A service that takes 100 MiB at most, and the port of the proxy before it."""
    folder = tmp_path_factory.mktemp("proxied")
    settings = {"MAX_UPLOAD_BYTES": str(LIMIT_BYTES), "TRUSTED_PROXY_HOPS": "1"}
    with live_server(folder, **settings) as server, documented_nginx(server, folder / "nginx") as port:
        yield server, port


@pytest.fixture(scope="module")
def token(proxied: tuple[LiveServer, int]) -> str:
    """A key of the administrator, who has a package."""
    administrator = proxied[0].administrator()
    administrator.post("/api/v1/projects", {"name": "mine"}).ok()
    administrator.post("/api/v1/project/mine/packages", {"name": "app"}).ok()
    return str(administrator.post("/api/v1/auth/keys", {"name": "tests"}).ok().data["key"])


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 MiB that take no place on the disk."""
    file = tmp_path_factory.mktemp("large") / "large.bin"
    with file.open("wb") as sparse:
        sparse.truncate(BODY_BYTES)
    return file


def curl(port: int, path: str, *arguments: str) -> tuple[int, str]:
    """Ask the proxy; return the status and the slug of the refusal."""
    command = ["curl", "-sSk", "--resolve", f"{NAME}:{port}:127.0.0.1", "-w", "\n%{http_code}", *arguments]
    done = subprocess.run(
        [*command, f"https://{NAME}:{port}{path}"], capture_output=True, text=True, timeout=120, check=False
    )
    body, _, status = done.stdout.rpartition("\n")
    try:
        return int(status), str(json.loads(body)["data"].get("reason"))
    except ValueError:
        return int(status), done.stdout + done.stderr


UPLOAD = "/api/v1/project/mine/app/upload/large.bin"


@pytest.mark.parametrize("expect", ["Expect:", "Expect: 100-continue"], ids=["unasked", "expecting 100"])
def test_given_refusals_of_a_large_upload_then_each_arrives(
    proxied: tuple[LiveServer, int], token: str, large: Path, expect: str
) -> None:
    server, port = proxied
    before = server.objects()
    key = ("-H", f"Authorization: Bearer {token}")
    kinds = [
        (UPLOAD, ()),
        (UPLOAD, key),
        (UPLOAD.replace("mine", "absent"), key),
        (UPLOAD, (*key, "-H", "X-Checksum-SHA256: no hex")),
    ]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(
            lambda kind: curl(port, kind[0], *kind[1], "-H", expect, "-T", str(large)),
            islice(cycle(kinds), REFUSALS),
        )
        counted = Counter(answers)

    share = REFUSALS // len(kinds)
    expected = {(401, "unauthorized"), (413, "too_large"), (404, "not_found"), (400, "malformed")}
    assert set(counted) == expected, counted
    assert min(counted.values()) >= share, counted
    assert server.objects() <= before


def test_given_a_right_then_the_upload_passes_the_proxy(
    proxied: tuple[LiveServer, int], token: str, tmp_path: Path
) -> None:
    file = tmp_path / "app-1.0.0.bin"
    file.write_bytes(os.urandom(3_000_000))
    path = "/api/v1/project/mine/app/upload/app-1.0.0.bin"

    status, reason = curl(proxied[1], path, "-H", f"Authorization: Bearer {token}", "-T", str(file))

    assert (status, reason) == (200, "None")
    answer = proxied[0].client(token).get("/api/v1/project/mine/app/+/version:1.0.0")
    assert answer.body == file.read_bytes()
