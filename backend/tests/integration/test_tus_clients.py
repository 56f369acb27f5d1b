"""Clients that other people wrote, against a running service: tus-js-client, Uppy and tuspy."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.support.builders import content, numbers, sha256
from tests.support.client import ApiClient
from tests.support.live import LiveServer, live_server
from tests.support.node import node_packages
from tests.support.stack import settings_on

MIB = 1024 * 1024
DATA = content(10 * MIB + 12_345, seed=31)
STORIES = (
    "plain", "chunks", "with_creation", "parallel", "deferred", "override", "resumed", "remembered", "uppy",
)  # fmt: skip
REMEMBERING = """
import sys
from tusclient.client import TusClient
from tusclient.storage.filestorage import FileStorage

url, key, file, stop_at = sys.argv[1:]
client = TusClient(url, headers={"Authorization": f"Bearer {key}"})
storage = FileStorage("uploads.json")
uploader = client.uploader(
    file, chunk_size=1024 * 1024, store_url=True, url_storage=storage, metadata={"filename": "a.bin"}
)
print(uploader.offset)
uploader.upload(stop_at=int(stop_at) if stop_at else None)
"""


@pytest.fixture(scope="module", params=["local", "minio"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A service on each kind of store."""
    folder = tmp_path_factory.mktemp("tus")
    with settings_on(request.param) as settings, live_server(folder, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def key(serving: LiveServer) -> str:
    """An API key."""
    return str(serving.administrator().post("/api/v1/auth/keys", {"name": "tus"}).ok().data["key"])


@pytest.fixture
def package(serving: LiveServer, key: str) -> tuple[ApiClient, str]:
    """A fresh package, and a client for it."""
    client, name = serving.client(key), f"tus-{next(numbers)}"
    client.post("/api/v1/projects", {"name": name}).ok()
    client.post(f"/api/v1/project/{name}/packages", {"name": "box"}).ok()
    return client, f"{name}/box"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that is uploaded."""
    path = tmp_path_factory.mktemp("file") / "data.bin"
    path.write_bytes(DATA)
    return path


def told(serving: LiveServer, story: str, package: str, key: str, file: Path) -> dict[str, Any]:
    """Let Node's clients do a story, and return what they tell."""
    folder = node_packages()
    command = [str(shutil.which("node")), "tus.mjs", story, f"{serving.url}/tus/{package}", key, str(file)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("story", STORIES)
def test_given_a_client_of_node_then_its_upload_is_accepted(
    serving: LiveServer, package: tuple[ApiClient, str], key: str, file: Path, story: str
) -> None:
    client, name = package
    result = told(serving, story, name, key, file)

    assert result.get("failed", []) == []
    downloaded = client.get(f"/api/v1/project/{name}/+/{story}").ok()
    assert sha256(downloaded.body) == sha256(DATA), result
    assert f'filename="{story}.bin"' in downloaded.headers["Content-Disposition"]
    assert len(client.get(f"/api/v1/project/{name}/uploads").ok().items) == 1
    if story == "override":
        assert set(result["methods"]) == {"POST"}
    if story in {"resumed", "remembered"}:
        assert result["resumed"][0] == "HEAD"


def test_given_a_client_of_node_that_gives_up_then_the_upload_is_gone(
    serving: LiveServer, package: tuple[ApiClient, str], key: str, file: Path
) -> None:
    client, name = package
    result = told(serving, "terminated", name, key, file)

    assert result["methods"][-1] == "DELETE"
    assert client.get(f"/api/v1/project/{name}/uploads").ok().items == []


def test_given_a_refusal_then_a_client_of_node_shows_the_reason(
    serving: LiveServer, package: tuple[ApiClient, str], key: str, file: Path
) -> None:
    result = told(serving, "refused", package[1], key, file)

    assert result["status"] == 422
    assert result["body"].startswith("invalid: version: ")


@pytest.mark.parametrize("with_checksums", [False, True])
def test_given_tuspy_that_stops_when_another_goes_on_at_its_address_then_the_upload_is_accepted(
    serving: LiveServer, package: tuple[ApiClient, str], key: str, file: Path, *, with_checksums: bool
) -> None:
    client, name = package
    tus = TusClient(f"{serving.url}/tus/{name}/", headers={"Authorization": f"Bearer {key}"})
    said = {"filename": "tuspy.bin", "version": "1.0.0"}
    options = {"chunk_size": MIB, "upload_checksum": with_checksums}
    with file.open("rb") as opened:
        first = tus.uploader(file_stream=opened, metadata=said, **options)
        first.upload(stop_at=3 * MIB)

        second = tus.uploader(file_stream=opened, url=first.url, **options)
        assert second.offset == 3 * MIB
        second.upload()

    assert sha256(client.get(f"/api/v1/project/{name}/+/1.0.0").ok().body) == sha256(DATA)


def test_given_tuspy_that_says_nothing_of_the_file_then_the_upload_is_accepted(
    serving: LiveServer, package: tuple[ApiClient, str], key: str, file: Path
) -> None:
    client, name = package
    tus = TusClient(f"{serving.url}/tus/{name}", headers={"Authorization": f"Bearer {key}"})

    with file.open("rb") as opened:
        tus.uploader(file_stream=opened).upload()

    (accepted,) = client.get(f"/api/v1/project/{name}/uploads").ok().items
    assert accepted["artifact_id"] == sha256(DATA)


def test_given_tuspy_without_a_right_then_it_is_told_so(
    serving: LiveServer, package: tuple[ApiClient, str], file: Path
) -> None:
    tus = TusClient(f"{serving.url}/tus/{package[1]}")

    with file.open("rb") as opened, pytest.raises(TusCommunicationError, match="401"):
        tus.uploader(file_stream=opened).upload()


def test_given_tuspy_that_remembers_then_a_later_run_goes_on(
    serving: LiveServer, package: tuple[ApiClient, str], key: str, file: Path, tmp_path: Path
) -> None:
    client, name = package
    arguments = [f"{serving.url}/tus/{name}/", key, str(file)]

    # A program of its own, for tuspy leaves files open that it opens by their names.
    offsets = [
        subprocess.run(
            [sys.executable, "-c", REMEMBERING, *arguments, stop_at],
            cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120,
        ).stdout
        for stop_at in (str(3 * MIB), "")
    ]  # fmt: skip

    assert offsets == ["0\n", f"{3 * MIB}\n"]
    [upload] = client.get(f"/api/v1/project/{name}/uploads").ok().items
    assert (upload["artifact_id"], upload["original_name"]) == (sha256(DATA), "a.bin")
