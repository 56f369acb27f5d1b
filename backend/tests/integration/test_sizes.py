"""Exactly those bytes, whatever their number, through a real server and both ways in."""

import hashlib
import io
from collections.abc import Callable

import pytest
import requests

from tests.support.builders import content
from tests.support.client import ApiClient
from tests.support.live import LiveServer

KIB, MIB = 1024, 1024 * 1024
SIZES = [
    1,
    KIB,
    10 * KIB,
    64 * KIB - 1,
    64 * KIB,
    64 * KIB + 1,
    100 * KIB,
    256 * KIB + 17,
    MIB,
    5 * MIB,
    10 * MIB,
]
MEDIUM = [50 * MIB, 100 * MIB, 250 * MIB]
LARGE = [500 * MIB, 1024 * MIB]


def in_mib(size_bytes: int) -> str:
    """Name a size in a test's id."""
    return f"{size_bytes // MIB}MiB"


class Repeated(io.RawIOBase):
    """A body of any size that never lies in memory as a whole."""

    def __init__(self, size_bytes: int, seed: int) -> None:
        super().__init__()
        self.left = size_bytes
        self.digest = hashlib.sha256()
        self._block = content(MIB, seed)

    def __len__(self) -> int:
        return self.left

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes and remember their digest."""
        size = min(self.left, MIB if size < 0 else size, MIB)
        block = self._block[:size]
        self.left -= size
        self.digest.update(block)
        return block


@pytest.fixture
def put(
    server: LiveServer, admin_token: str, package_url: str
) -> Callable[[Repeated, str], dict[str, object]]:
    """Send a body with PUT and return the data of the answer."""

    def send(body: Repeated, tag: str) -> dict[str, object]:
        answer = requests.put(
            f"{server.url}{package_url}/upload/sized.bin",
            params={"tag": tag},
            data=body,
            headers={"Authorization": f"Bearer {admin_token}"},
            timeout=600,
        )
        assert answer.status_code == 200, answer.text
        data: dict[str, object] = answer.json()["data"]
        return data

    return send


def downloaded_digest(server: LiveServer, token: str, path: str) -> tuple[str, int]:
    """Download without keeping the bytes; return their digest and number."""
    digest, size_bytes = hashlib.sha256(), 0
    with requests.get(
        server.url + path, headers={"Authorization": f"Bearer {token}"}, stream=True, timeout=600
    ) as answer:
        assert answer.status_code == 200
        for block in answer.iter_content(MIB):
            digest.update(block)
            size_bytes += len(block)
    return digest.hexdigest(), size_bytes


@pytest.mark.parametrize("size_bytes", SIZES)
def test_given_a_body_when_put_then_the_same_bytes_come_back(
    admin: ApiClient, package_url: str, size_bytes: int
) -> None:
    data = content(size_bytes, seed=size_bytes)

    uploaded = admin.put(package_url + "/upload/sized.bin", data, query={"tag": "sized"}).ok()
    answer = admin.get(package_url + "/+/sized")

    assert uploaded.data["size"] == size_bytes
    assert answer.body == data


@pytest.mark.parametrize("size_bytes", SIZES)
def test_given_a_form_when_posted_then_the_same_bytes_come_back(
    admin: ApiClient, package_url: str, size_bytes: int
) -> None:
    data = content(size_bytes, seed=size_bytes + 1)

    form = {"tag": "sized", "file": (io.BytesIO(data), "sized.bin")}
    uploaded = admin.request("POST", package_url + "/upload", form=form).ok()
    answer = admin.get(package_url + "/+/sized")

    assert uploaded.data["artifact_id"] == hashlib.sha256(data).hexdigest()
    assert answer.body == data


@pytest.mark.parametrize(
    "size_bytes",
    [
        *(pytest.param(size, marks=pytest.mark.slow) for size in MEDIUM),
        *(pytest.param(size, marks=pytest.mark.large) for size in LARGE),
    ],
    ids=in_mib,
)
def test_given_a_long_stream_then_the_same_bytes_come_back(
    server: LiveServer,
    admin_token: str,
    package_url: str,
    put: Callable[..., dict[str, object]],
    size_bytes: int,
) -> None:
    body = Repeated(size_bytes, seed=size_bytes)

    uploaded = put(body, "sized")

    expected = body.digest.hexdigest()
    assert (uploaded["artifact_id"], uploaded["size"]) == (expected, size_bytes)
    assert downloaded_digest(server, admin_token, package_url + "/+/sized") == (expected, size_bytes)


AWKWARD = {
    "every byte value": bytes(range(256)) * 10,
    "zeros": bytes(100_000),
    "text": "Zürich 测试 📦\r\n".encode() * 500,
    "like a form": b"--boundary\r\nContent-Disposition: form-data\r\n\r\n--boundary--\r\n" * 50,
    "like gzip": b"\x1f\x8b\x08" + content(5000),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_given_awkward_content_then_not_a_byte_is_changed(
    admin: ApiClient, package_url: str, name: str
) -> None:
    form = {"file": (io.BytesIO(AWKWARD[name]), "awkward.bin"), "tag": "awkward"}
    admin.request("POST", package_url + "/upload", form=form).ok()

    assert admin.get(package_url + "/+/awkward").body == AWKWARD[name]
