"""kill -9 of the server while tus clients send, and two that write to one upload at the same time.

`KILL_ROUNDS` kills (4; ten make fifty files on their way) on each stack; `RIVAL_SECONDS` (10) for
the two.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests
from sqlalchemy import select

from tests.support.builders import sha256
from tests.support.kills import assert_each_is_one_upload, sent_through_kills, until_answered
from tests.support.site import Site
from tests.unit.tus.conftest import BYTES, VERSION, metadata
from wxcloudrun.kit.db import reading
from wxcloudrun.upload_sessions.models import SessionPart, UploadSession

RIVAL_SECONDS = float(os.environ.get("RIVAL_SECONDS", "10"))
KIB = 1024
SIZES = [1, 300 * KIB, 1000 * KIB + 7, 6000 * KIB]
BLOCK_BYTES = 64 * KIB
AGAIN = frozenset({409, 423, 503})


@dataclass
class TusSender:
    """One file on its way, as tus clients send: HEAD and on from there, until every byte is there."""

    site: Site
    base: str
    name: str
    data: bytes

    def asked(
        self,
        method: str,
        url: str,
        said: dict[str, str] | None = None,
        body: Callable[[], Iterator[bytes]] | None = None,
    ) -> requests.Response:
        """Send one request over a connection of its own."""
        headers = {**VERSION, "Authorization": f"Bearer {self.site.token}", **(said or {})}
        data = body() if body is not None else None
        return requests.request(method, self.site.server.url + url, headers=headers, data=data, timeout=60)

    def begin(self) -> str:
        """Begin, as often as it takes to be answered."""
        said = {"Upload-Length": str(len(self.data)), **metadata(tag=self.name)}
        return self.until_answered(lambda: self.asked("POST", self.base, said)).headers["Location"]

    def send(self, url: str) -> str:
        """Send what is missing of an upload; return its digest as the service tells it."""
        while True:
            head = self.until_answered(lambda: self.asked("HEAD", url))
            assert head.status_code == 200, head.status_code
            if "X-Artifact-Id" in head.headers:
                return head.headers["X-Artifact-Id"]
            offset = int(head.headers["Upload-Offset"])
            try:
                self.patch(url, offset)
            except requests.RequestException:
                time.sleep(0.05)  # ask what has come

    def patch(self, url: str, offset: int) -> requests.Response:
        """Send what is missing, and not all at once."""

        def slowly() -> Iterator[bytes]:
            for start in range(offset, len(self.data), BLOCK_BYTES):
                yield self.data[start : start + BLOCK_BYTES]
                time.sleep(0.01)

        said = {"Upload-Offset": str(offset), "Content-Type": BYTES}
        return self.asked("PATCH", url, said, slowly)

    def until_answered(self, request: Callable[[], requests.Response]) -> requests.Response:
        """Ask until there is an answer that does not say to ask again."""
        return until_answered(request, is_answer=lambda answer: answer.status_code not in AGAIN)


@pytest.mark.slow
def test_given_a_server_killed_again_and_again_then_every_tus_upload_goes_on(stacked: Site) -> None:
    package = stacked.new_package("killed-tus")
    base = package.replace("/api/v1/project/", "/tus/")

    def send(name: str, data: bytes) -> str:
        sender = TusSender(stacked, base, name, data)
        return sender.send(sender.begin())

    everything = sent_through_kills(stacked, send, sizes=SIZES, seed=61)

    assert [each.name for each in everything if each.told != sha256(each.data)] == []
    assert_each_is_one_upload(stacked, package, everything)


@pytest.mark.slow
def test_given_two_that_write_to_one_upload_then_it_has_what_was_counted_and_no_byte_of_others(
    stacked: Site,
) -> None:
    package = stacked.new_package("rivals")
    base = package.replace("/api/v1/project/", "/tus/")
    size_bytes = 64 * 1024 * KIB
    owner = TusSender(stacked, base, "rivals", bytes(size_bytes))
    url, over = owner.begin(), time.monotonic() + RIVAL_SECONDS

    def write(name: int) -> set[int]:
        rival, dice, statuses = TusSender(stacked, base, str(name), b""), random.Random(name), set[int]()
        while time.monotonic() < over:
            offset = int(owner.until_answered(lambda: owner.asked("HEAD", url)).headers["Upload-Offset"])

            def stalling(offset: int = offset) -> Iterator[bytes]:
                for _ in range(min(4, (size_bytes - offset) // BLOCK_BYTES)):
                    yield bytes([name]) * BLOCK_BYTES
                    time.sleep(dice.choice([0, 0, 0.02, 0.1]))

            said = {"Upload-Offset": str(offset), "Content-Type": BYTES}
            statuses.add(rival.asked("PATCH", url, said, stalling).status_code)
        return statuses

    with ThreadPoolExecutor(2) as pool:
        statuses = set().union(*pool.map(write, [1, 2]))
    parts = parts_of(stacked, url)  # they are forgotten with the last byte
    counted = int(owner.until_answered(lambda: owner.asked("HEAD", url)).headers["Upload-Offset"])
    owner.send(url)

    assert statuses == {204, 409}, "there were take-overs, and nothing else"
    data = stacked.admin.get(f"{package}/+/tag:rivals").ok().body
    assert len(data) == size_bytes
    assert sum(size for _, size, _ in parts) == counted > 0
    assert [each for each in parts if sha256(data[each[0] : each[0] + each[1]]) != each[2]] == []


def parts_of(site: Site, url: str) -> list[tuple[int, int, str]]:
    """Return where each part of an upload begins, its size, and its SHA-256 when it was recorded."""
    wanted = (
        select(SessionPart.offset_bytes, SessionPart.size_bytes, SessionPart.sha256)
        .join(UploadSession, UploadSession.id == SessionPart.session_id)
        .where(UploadSession.public_id == url.rpartition("/")[2])
    )
    with site.app.app_context(), reading() as session:
        return [(offset or 0, size or 0, digest or "") for offset, size, digest in session.execute(wanted)]
