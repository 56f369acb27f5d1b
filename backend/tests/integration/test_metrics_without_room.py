"""A full /dev/shm, and servers that were killed: metrics stop nobody, and leave nothing behind."""

import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.integration.test_metrics_of_workers import HEALTH, metrics_folder, workers_of
from tests.support.exposition import scraped
from tests.support.live import LiveServer, live_server, start, wait_until_ready
from tests.support.site import eventually

SECONDS = 60


def with_memory(size: str) -> list[str]:
    """Return a command that gives the one behind it a /dev/shm of its own; skip the test if it cannot be."""
    script = f'mount -t tmpfs -o size={size} tmpfs /dev/shm && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode != 0:
        pytest.skip("no unshare: a /dev/shm of its own needs the right to mount")
    return command


def memory_of(server: LiveServer) -> Path:
    """Return the /dev/shm that a server sees."""
    return Path(f"/proc/{workers_of(server)[0].pid}/root/dev/shm")


def fill(folder: Path) -> None:
    """Leave no room in a folder."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


@pytest.mark.parametrize("size", ["8m", "64k"])
def test_given_a_memory_that_is_or_becomes_full_then_no_worker_dies_and_all_is_answered(
    tmp_path: Path, size: str
) -> None:
    with live_server(tmp_path / "data", within=with_memory(size), WORKERS="2") as server:
        before = {each.pid for each in workers_of(server)}
        fill(memory_of(server))
        admin = server.administrator()
        for number in range(10):
            project = f"/api/v1/project/project-{number}"
            admin.post("/api/v1/projects", {"name": f"project-{number}"}).ok()
            # More routes and statuses than there was room for.
            for path in ("", "/packages", "/members", "/packages/none", "/none/tags", "/none/versions"):
                assert admin.get(project + path).status in (200, 404)
                assert server.client().get(project + path).status == 401
                assert admin.delete(f"{project}/none{path}").status in (404, 405)
        assert admin.get("/metrics").status == 200

        assert {each.pid for each in workers_of(server)} == before, server.log.read_text()[-2000:]


def runs(process: psutil.Process) -> bool:
    """Tell whether a process has not ended; who should ask after it may take their time."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_given_a_server_that_was_killed_then_the_next_one_removes_what_it_has_left(tmp_path: Path) -> None:
    with live_server(tmp_path / "first", WORKERS="2") as first, live_server(tmp_path / "second") as second:
        folder, of_the_living = metrics_folder(first), metrics_folder(second)
        master = psutil.Process(first.process.pid)
        killed = [master, *master.children(recursive=True)]
        for each in killed:
            each.kill()
        first.process.wait(10)
        assert eventually(lambda: not any(runs(each) for each in killed), SECONDS)
        assert folder.exists()

        first.process = start(first.environ, first.log)
        wait_until_ready(first)

        assert not folder.exists()
        assert of_the_living.exists(), "another server lives and needs its own"
        assert scraped(first.client())
        assert scraped(second.client())


def test_given_workers_that_are_killed_again_and_again_then_their_files_do_not_pile_up(
    tmp_path: Path,
) -> None:
    with live_server(tmp_path / "data", WORKERS="2") as server:
        for _ in range(20):
            server.client().get("/api/health").ok()
        folder, dead = metrics_folder(server), []
        counted = scraped(server.client())[HEALTH]
        for _ in range(4):
            victim = workers_of(server)[0]
            dead.append(victim.pid)
            victim.send_signal(signal.SIGKILL)
            assert eventually(lambda: len(workers_of(server)) == 2, SECONDS)
            assert eventually(lambda: server.client().get("/api/health").status == 200, SECONDS)

        assert eventually(lambda: not files_of(folder, dead), SECONDS)
        assert scraped(server.client())[HEALTH] >= counted + 4, "what the dead have counted stays"
        assert {path.name for path in folder.glob("*_0.db")} == {"counter_0.db", "histogram_0.db"}


def files_of(folder: Path, pids: list[int]) -> list[Path]:
    """Return the files of processes."""
    return [path for pid in pids for path in folder.glob(f"*_{pid}.db")]
