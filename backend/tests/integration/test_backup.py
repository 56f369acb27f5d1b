"""Backup while uploads go on, and restore on another machine: what the manual says, carried out."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from minio.commonconfig import CopySource

from tests.support.backing import backing
from tests.support.builders import content, sha256
from tests.support.live import BACKEND
from tests.support.site import Site, site
from tests.support.stack import SECRETS, Stack, make_stack
from tools.servers.control import home
from tools.servers.databases import MySQL

FILES = {f"t{number}": content(20_000 + number, seed=number) for number in range(8)}


def deposit(running: Site, package: str) -> None:
    """Upload what must be there after the restoration."""
    for tag, data in FILES.items():
        running.admin.put(f"{package}/upload/{tag}.bin", data, query={"tag": tag}).ok()


@contextmanager
def uploads_going_on(running: Site, package: str) -> Iterator[None]:
    """Keep the service busy while the backup is made."""
    done = threading.Event()

    def upload() -> None:
        number = 1000
        while not done.is_set():
            running.admin.put(f"{package}/upload/busy.bin", content(5000, seed=number)).ok()
            number += 1

    worker = threading.Thread(target=upload)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


def assert_restored(restored: Site, package: str) -> None:
    """Look at a restored registry as its administrator would."""
    kinds = {finding["kind"] for finding in restored.fsck().findings}
    assert kinds <= {"object_unreferenced"}, "only uploads that the dump is too old for"
    restored.sweep_after_hours()
    command = [sys.executable, "-m", "flask", "fsck", "--deep", "--json"]
    checked = subprocess.run(
        command, cwd=BACKEND, env=dict(restored.server.environ), capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["clean"] is True
    for tag, data in FILES.items():
        assert sha256(restored.admin.get(f"{package}/+/{tag}").body) == sha256(data)
    again = restored.admin.put(f"{package}/upload/new.bin", FILES["t0"], query={"tag": "new"}).ok()
    assert again.data["deduplicated"] is True


def test_given_sqlite_and_a_directory_then_a_copy_made_meanwhile_is_a_whole_registry(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    with site(tmp_path / "here", **SECRETS) as running:
        package = running.new_package("backup")
        deposit(running, package)
        with uploads_going_on(running, package):
            with closing(sqlite3.connect(tmp_path / "here" / "registry.db")) as database:
                database.execute("VACUUM INTO ?", (str(there / "registry.db"),))
            shutil.copytree(tmp_path / "here" / "blobs" / "objects", there / "blobs" / "objects")

    with site(there, **SECRETS) as restored:
        assert_restored(restored, package)


def test_given_mysql_and_s3_then_a_dump_and_a_copied_bucket_are_a_whole_registry(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    for server in ("mysql", "minio"):
        record_property("server", server)
    here = make_stack(backing().need("mysql"), backing().need("minio"))
    there = make_stack(backing().need("mysql"), backing().need("minio"))
    with site(tmp_path / "here", **here.environ) as running:
        package = running.new_package("backup")
        deposit(running, package)
        with uploads_going_on(running, package):
            dump = client(
                "mysqldump", here, "--single-transaction", "--no-tablespaces", "--set-gtid-purged=OFF"
            )
            copy_bucket(here, there)

    client("mysql", there, given=dump)
    with site(tmp_path / "there", **there.environ) as restored:
        assert_restored(restored, package)
    here.destroy()
    there.destroy()


def client(program: str, stack: Stack, *options: str, given: bytes = b"") -> bytes:
    """Run one of MySQL's own programs on a database."""
    server = backing().need("mysql")
    found = shutil.which(program)
    command = [found] if found else MySQL(home()).client(program)
    if not Path(command[0]).exists():
        pytest.skip(f"{program} is not installed")
    login = [f"--host={server['host']}", f"--port={server['port']}", f"--user={server['user']}"]
    login.append(f"--password={server['password']}")
    if (
        found
        and b"--set-gtid-purged"
        not in subprocess.run([found, "--help"], capture_output=True, check=False).stdout
    ):
        options = tuple(option for option in options if "gtid" not in option)  # MariaDB's has no such option
    done = subprocess.run(
        [*command, *login, *options, stack.database], input=given, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def copy_bucket(here: Stack, there: Stack) -> None:
    """Copy every object under its own name."""
    for name in here.object_names():
        there.store.copy_object(there.bucket, name, CopySource(here.bucket, name))
