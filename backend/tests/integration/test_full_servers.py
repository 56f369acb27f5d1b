"""A MinIO whose disk is full, and a MySQL that can only be read: the refusal says so, and reading goes on."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.backing import mysql_connection
from tests.support.builders import content
from tests.support.live import LiveServer, live_server
from tests.support.private_servers import PrivateServer, private_server
from tests.support.site import eventually
from tests.support.small_disks import MIB, small_disk
from tools.servers.databases import MySQL
from tools.servers.object_stores import MinIO

PACKAGE = "/api/v1/project/tools/hammer"


def package(server: LiveServer) -> str:
    """Make a package and return a token that may do everything."""
    admin = server.administrator()
    admin.post("/api/v1/projects", {"name": "tools"}).ok()
    admin.post("/api/v1/project/tools/packages", {"name": "hammer"}).ok()
    return str(admin.post("/api/v1/auth/keys", {"name": "tests"}).ok().data["key"])


@pytest.fixture
def small_minio(tmp_path: Path) -> Iterator[PrivateServer]:
    """A MinIO whose data lies on a disk of 64 MiB."""
    with small_disk(tmp_path, kind="ext4") as disk, private_server(MinIO, disk) as server:
        yield server


@pytest.mark.slow
def test_given_a_minio_whose_disk_is_full_then_uploads_say_so_and_downloads_go_on(
    small_minio: PrivateServer, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("server", "minio")
    settings = {
        "BLOB_STORE": "minio",
        "MINIO_ENDPOINT": str(small_minio.description["endpoint"]),
        "MINIO_ACCESS_KEY": str(small_minio.description["access_key"]),
        "MINIO_SECRET_KEY": str(small_minio.description["secret_key"]),
        "LINK_SECONDS": "1",
        "GC_GRACE_SECONDS": "0",
    }
    with live_server(tmp_path / "data", **settings) as server:
        client = server.client(package(server))
        taken: dict[str, bytes] = {}
        for number in itertools.count():
            data = content(4 * MIB + number, seed=number)
            answer = client.put(f"{PACKAGE}/upload/{number}.bin", data, query={"tag": f"t{number}"})
            if answer.status != 200:
                break
            taken[f"t{number}"] = data

        assert len(taken) > 3
        assert answer.status == 503

        # MinIO calls a write that its disk ends in the middle InternalError, and says the cause from then on.
        def says_full() -> bool:
            again = client.put(f"{PACKAGE}/upload/more.bin", content(4 * MIB))
            assert again.status == 503
            return (again.reason, again.data["store_code"]) == ("store_full", "XMinioStorageFull")

        assert eventually(says_full, 20)
        for tag, data in taken.items():
            assert client.get(f"{PACKAGE}/+/{tag}").ok().body == data
            assert client.delete(f"{PACKAGE}/tags/{tag}").status == 204

        refusals = list[object]()

        def is_taken_again() -> bool:
            done = server.flask("collect").stdout
            answer = client.put(f"{PACKAGE}/upload/again.bin", content(4 * MIB))
            refusals.append((done, answer.data))
            return answer.status == 200

        # MinIO remembers for a while that its disk was full.
        assert eventually(is_taken_again, 240), refusals[-1]


@pytest.mark.slow
def test_given_a_mysql_that_can_only_be_read_then_writes_say_so_and_reads_go_on(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("server", "mysql")
    with private_server(MySQL, tmp_path) as mysql:
        url = str(mysql.description["url"])
        with live_server(tmp_path / "data", DATABASE_URL=url) as server:
            client = server.client(package(server))
            client.put(f"{PACKAGE}/upload/a.bin", b"bytes", query={"tag": "kept"}).ok()
            with closing(mysql_connection(url)) as root, root.cursor() as cursor:
                cursor.execute("SET GLOBAL super_read_only = ON")
                refused = client.put(f"{PACKAGE}/upload/b.bin", b"more")
                ready = server.client().get("/api/ready")
                kept = client.get(f"{PACKAGE}/+/kept")
                cursor.execute("SET GLOBAL super_read_only = OFF")
                cursor.execute("SET GLOBAL read_only = OFF")

            assert (refused.status, refused.reason) == (503, "database_read_only")
            assert (ready.status, ready.data["causes"]) == (503, {"database": "read_only"})
            assert kept.ok().body == b"bytes"
            assert client.put(f"{PACKAGE}/upload/b.bin", b"more").status == 200
            assert server.client().get("/api/ready").status == 200
