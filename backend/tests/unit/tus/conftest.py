"""An upload as a tus client sends it."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask

from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.artifacts.service.deletions import DeletionService
from wxcloudrun.kit.db import Base
from wxcloudrun.uploads.models import Upload
from wxcloudrun.wiring.stores import blob_store

BYTES = "application/offset+octet-stream"
VERSION = {"Tus-Resumable": "1.0.0"}
TABLES: tuple[type[Base], ...] = (Artifact, Lease, Upload)


def metadata(**said: str) -> dict[str, str]:
    """Return the header that says so."""
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
    return {"Upload-Metadata": ",".join(pairs)}


def checksum(data: bytes, algorithm: str = "sha1") -> dict[str, str]:
    """Return the header that names the digest of a body."""
    digest = hashlib.new(algorithm, data, usedforsecurity=False).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


@dataclass(frozen=True, slots=True)
class Tus:
    """Speaks the protocol as one caller, about one package."""

    client: ApiClient
    base: str

    def send(self, method: str, url: str, *headers: dict[str, str], data: bytes | None = None) -> Answer:
        """Send a request in the version that is spoken here, unless a header says otherwise."""
        merged = dict(VERSION)
        for each in headers:
            merged |= each
        return self.client.request(method, url, headers=merged, data=data)

    def post(self, *headers: dict[str, str], data: bytes | None = None) -> Answer:
        """Begin an upload."""
        typed = {} if data is None else {"Content-Type": BYTES}
        return self.send("POST", self.base, typed, *headers, data=data)

    def create(self, size_bytes: int, *headers: dict[str, str]) -> str:
        """Begin an upload of so many bytes, and return where it is."""
        return self.location(self.post({"Upload-Length": str(size_bytes)}, *headers))

    def location(self, answer: Answer) -> str:
        """Return where an upload is that was begun."""
        assert answer.status == 201, answer
        return answer.headers["Location"]

    def patch(self, url: str, offset: int, data: bytes, *headers: dict[str, str]) -> Answer:
        """Append."""
        said = {"Content-Type": BYTES, "Upload-Offset": str(offset)}
        return self.send("PATCH", url, said, *headers, data=data)

    def head(self, url: str) -> Answer:
        """Ask how it stands."""
        return self.send("HEAD", url)

    def offset(self, url: str) -> int:
        """Return how far it is."""
        return int(self.head(url).ok().headers["Upload-Offset"])

    def partial(self, data: bytes) -> str:
        """Send a partial upload, and return where it is."""
        return self.location(
            self.post({"Upload-Length": str(len(data)), "Upload-Concat": "partial"}, data=data)
        )

    def final(self, *urls: str, **said: str) -> Answer:
        """Make an upload of partial ones."""
        return self.post({"Upload-Concat": f"final;{' '.join(urls)}"}, metadata(**said))


@pytest.fixture
def tus(shop: Workshop) -> Tus:
    """The writer as a tus client."""
    return Tus(shop.writer, f"/tus/{shop.project}/{shop.package}")


@pytest.fixture
def remains(app: Flask) -> Callable[[], dict[str, int]]:
    """Count what uploads leave behind when what has to go has gone: rows, objects, unfinished objects."""

    def counted() -> dict[str, int]:
        with app.app_context():
            DeletionService(blobs=blob_store(app.extensions["settings"])).carry_out()
        return remains_of(app, TABLES)

    return counted
