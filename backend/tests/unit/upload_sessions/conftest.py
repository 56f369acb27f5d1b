"""An upload in parts, as a client sends it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.builders import content
from tests.support.client import Answer, ApiClient
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.kit.db import Base, reading
from wxcloudrun.upload_sessions.models import UploadSession
from wxcloudrun.uploads.models import Upload

PART_BYTES = 256 * 1024
TABLES: tuple[type[Base], ...] = (Artifact, Lease, Upload)


@dataclass(frozen=True, slots=True)
class Sending:
    """One session and what is to be sent."""

    client: ApiClient
    data: bytes
    answer: Answer

    @property
    def url(self) -> str:
        """Where the session is."""
        return str(self.answer.data["url"])

    def part(self, number: int) -> bytes:
        """Return the bytes of a part."""
        return self.data[(number - 1) * PART_BYTES : number * PART_BYTES]

    def put(self, number: int, data: bytes | None = None, **options: Any) -> Answer:
        """Send a part, its own bytes unless others are given."""
        body = self.part(number) if data is None else data
        return self.client.put(f"{self.url}/parts/{number}", body, **options)

    def put_all(self, *but: int) -> None:
        """Send every part but those, in order."""
        for number in range(1, self.answer.data["parts"] + 1):
            if number not in but:
                self.put(number).ok()

    def look(self) -> Answer:
        """Ask for the state."""
        return self.client.get(self.url)

    def complete(self, **body: str) -> Answer:
        """Complete it."""
        return self.client.post(f"{self.url}/complete", body)


Begin = Callable[..., Sending]


@pytest.fixture
def begin(shop: Workshop) -> Begin:
    """Begin an upload of so many bytes as the writer."""

    def begun(size_bytes: int = 600_000, *, seed: int = 1, filename: str = "a.bin", **body: Any) -> Sending:
        data = content(size_bytes, seed=seed)
        wanted = {"filename": filename, "size": size_bytes, "part_bytes": PART_BYTES, **body}
        answer = shop.writer.post(shop.url("/uploads/sessions"), wanted)
        return Sending(shop.writer, data, answer)

    return begun


@pytest.fixture
def remains(app: Flask) -> Callable[[], dict[str, int]]:
    """Count what uploads leave behind: rows, objects, unfinished objects."""
    return lambda: remains_of(app, TABLES)


def row_of(app: Flask, sending: Sending) -> UploadSession:
    """Return the row of a session."""
    with app.app_context(), reading() as session:
        wanted = select(UploadSession).where(UploadSession.public_id == sending.answer.data["id"])
        return session.execute(wanted).scalar_one()
