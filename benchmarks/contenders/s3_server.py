"""The S3 servers that `make services` starts, used directly: by their SDK and by curl."""

import contextlib
import json
import subprocess
import sys
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.contenders.contender import Contender, Request
from benchmarks.files import SampleFile
from benchmarks.load import curl
from benchmarks.load.curl import Failed

PREFIX = "benchmark/"


class S3Server(Contender):
    """One bucket of its own on a server that somebody else has started."""

    def __init__(self, folder: Path, name: str, description: dict[str, Any]) -> None:
        super().__init__(folder)
        self.name = name
        self._description = description
        self.bucket = f"benchmark-{name}"

    @cached_property
    def _client(self) -> Any:
        from minio import Minio  # noqa: PLC0415  # only where there is an S3 server

        found = self._description
        return Minio(
            found["endpoint"],
            access_key=found["access_key"],
            secret_key=found["secret_key"],
            secure=False,
            region="us-east-1",
        )

    def start(self) -> None:
        """Make the bucket."""
        self.stop()
        self._client.make_bucket(self.bucket)

    def stop(self) -> None:
        """Remove the bucket with everything in it; the server runs on."""
        if self._client.bucket_exists(self.bucket):
            for found in self._client.list_objects(self.bucket, recursive=True):
                self._client.remove_object(self.bucket, found.object_name)
            self._client.remove_bucket(self.bucket)

    def settings(self) -> dict[str, str]:
        """Return the settings with which the service stores its blobs here."""
        found = self._description
        return {
            "BLOB_STORE": "minio",
            "MINIO_ENDPOINT": found["endpoint"],
            "MINIO_ACCESS_KEY": found["access_key"],
            "MINIO_SECRET_KEY": found["secret_key"],
            "MINIO_BUCKET": self.bucket,
        }

    def sdk_put(self, sample: SampleFile) -> float:
        """Upload with the SDK's parallel `fput_object`; return its seconds."""
        return self._sdk("put", sample)

    def sdk_get(self, sample: SampleFile) -> float:
        """Download with the SDK and throw the bytes away; return its seconds."""
        return self._sdk("get", sample)

    def _sdk(self, verb: str, sample: SampleFile) -> float:
        """Run the SDK in a process of its own, as a program would that uses it."""
        found = self._description
        facts = {**found, "bucket": self.bucket, "key": PREFIX + sample.name, "path": str(sample.path)}
        command = [sys.executable, "-m", "benchmarks.load.sdk", verb]
        done = subprocess.run(command, input=json.dumps(facts), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"the SDK failed: {done.stderr[-500:]}")
        return float(done.stdout)

    def curl_put(self, sample: SampleFile) -> None:
        """Upload with curl to a presigned URL."""
        curl.put(
            sample.path,
            Request(
                self._client.presigned_put_object(self.bucket, PREFIX + sample.name, timedelta(minutes=30))
            ),
        )

    def get(self, sample: SampleFile) -> Request:
        """Return a presigned URL."""
        return Request(
            self._client.presigned_get_object(self.bucket, PREFIX + sample.name, timedelta(minutes=30))
        )

    def clear(self) -> None:
        """Remove what was uploaded directly."""
        with contextlib.suppress(KeyError):
            for found in self._client.list_objects(self.bucket, prefix=PREFIX, recursive=True):
                self._client.remove_object(self.bucket, found.object_name)
