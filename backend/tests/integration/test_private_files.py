"""Every file that a service makes, from its first start to its last job, is its own user's alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.builders import content
from tests.support.live import LiveServer, live_server, start, stop, wait_until_ready
from tests.support.site import eventually

MIB = 1024**2
PACKAGE = "/api/v1/project/tools/hammer"


@pytest.fixture
def careless() -> Iterator[None]:
    """Start processes as somebody does who lets everybody read and write everything."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(data_dir: Path) -> dict[str, str]:
    """Return what others can read, write or enter, and how."""
    paths = [data_dir, *data_dir.rglob("*")]
    modes = {str(path.relative_to(data_dir)): path.lstat().st_mode for path in paths if not path.is_symlink()}
    return {name: stat.filemode(mode) for name, mode in modes.items() if mode & 0o077}


def everything(server: LiveServer) -> None:
    """Do what makes files: bytes of every size, jobs, maintenance, a damaged object set aside."""
    admin = server.administrator()
    admin.post("/api/v1/projects", {"name": "tools"})
    admin.post("/api/v1/project/tools/packages", {"name": "hammer"})
    for size in (1, MIB, 5 * MIB):
        admin.put(f"{PACKAGE}/upload/{size}.bin", content(size), query={"tag": f"raw-{size}"}).ok()
        form = {"file": (content(size, seed=2), f"{size}.bin"), "tag": f"form-{size}"}
        admin.post(f"{PACKAGE}/upload", form=form).ok()
    damaged = next(path for path in server.objects() if path.parent.parent.name == "objects")
    damaged.write_bytes(b"damaged")
    job = admin.post("/api/v1/maintenance/fsck", {"deep": True, "repair": True}).ok().data["id"]
    assert eventually(lambda: admin.get(f"/api/v1/jobs/{job}").ok().data["state"] == "done", 60)


@pytest.mark.usefixtures("careless")
def test_given_a_careless_umask_and_an_open_directory_then_nothing_is_open_to_others(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "server.log").symlink_to(tmp_path / "server.log")
    assert open_to_others(data_dir) != {}

    with live_server(data_dir) as server:
        everything(server)

        assert (data_dir / "blobs" / "quarantine").is_dir()
        assert open_to_others(data_dir) == {}
        assert set(in_memory_files(server)) == {0o600, 0o700}

        stop(server.process)
        (data_dir / "registry.db").chmod(0o644)
        data_dir.chmod(0o755)
        server.process = start(server.environ, server.log)
        wait_until_ready(server)
        assert open_to_others(data_dir) == {}, "an older release has left them open"


def in_memory_files(server: LiveServer) -> Iterator[int]:
    """Yield the modes of the metrics that the workers write, and of the folder in which they do."""
    for worker in psutil.Process(server.process.pid).children():
        for path in (Path(file.path) for file in worker.open_files()):
            if path.parent.name.startswith("registry-metrics-"):
                yield from (stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent))
