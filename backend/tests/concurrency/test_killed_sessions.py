"""kill -9 of the server while files come in parts: each goes on where it was, and becomes one upload.

`KILL_ROUNDS` kills (10), each with five files on their way, so fifty on each stack.
"""

import itertools
import os
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from tests.support.backing import backing
from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.site import Site, site
from tests.support.stack import make_stack
from wxcloudrun.kit import clock
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService

ROUNDS = int(os.environ.get("KILL_ROUNDS", "10"))
FILES = 5
PART_BYTES = 256 * 1024
SIZES = [1, PART_BYTES, 4 * PART_BYTES + 7, 9 * PART_BYTES, 23 * PART_BYTES + 1]
PATIENCE_SECONDS = 240
BUSY = frozenset({202, 409, 503})


@dataclass
class PartSender:
    """One file on its way; every request is sent again until it is answered, as a client of ours does."""

    site: Site
    package: str
    name: str
    data: bytes

    def send(self) -> Answer:
        """Send the file; return the answer to its completion."""
        wanted = {"filename": f"{self.name}.bin", "size": len(self.data), "part_bytes": PART_BYTES}
        begun = self.asked(
            lambda: self.site.admin.post(f"{self.package}/uploads/sessions", {**wanted, "tag": self.name})
        )
        url = begun.data["url"]
        while True:
            missing = self.asked(lambda: self.site.admin.get(url)).data["missing"]
            for number in (each for first, last in missing for each in range(first, last + 1)):
                part = self.data[(number - 1) * PART_BYTES : number * PART_BYTES]
                try:
                    self.site.admin.put(f"{url}/parts/{number}", part)
                except requests.RequestException:
                    break  # ask what has come
            else:
                done = self.asked(lambda: self.site.admin.post(f"{url}/complete", {}))
                if done.reason != "parts_missing":
                    return done

    def asked(self, request: Callable[[], Answer]) -> Answer:
        """Ask until there is an answer that does not say to ask again."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = request()
            except requests.RequestException:
                time.sleep(0.05)
                continue
            if answer.status not in BUSY or answer.reason == "parts_missing":
                return answer
            time.sleep(0.05)
        pytest.fail(f"{self.name} was not answered in {PATIENCE_SECONDS} seconds")


@pytest.mark.slow
def test_given_a_server_killed_again_and_again_then_every_file_goes_on_and_becomes_one_upload(
    stacked: Site,
) -> None:
    survive_kills(stacked)


@pytest.mark.slow
def test_given_seaweedfs_and_a_server_killed_again_and_again_then_it_is_the_same(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("server", "mysql")
    record_property("server", "seaweedfs")
    stack = make_stack(backing().need("mysql"), backing().need("seaweedfs"))
    with site(tmp_path, **stack.environ) as running:
        survive_kills(running)
    stack.destroy()


def survive_kills(stacked: Site) -> None:
    """Kill the server while files come in, and compare what has become of them."""
    package, dice = stacked.new_package("killed-sessions"), random.Random(16)
    kills_are_over = threading.Event()
    numbers = itertools.count()

    def send_files() -> list[tuple[PartSender, Answer]]:
        sent: list[tuple[PartSender, Answer]] = []
        while not sent or not kills_are_over.is_set():
            number = next(numbers)
            data = content(SIZES[number % len(SIZES)] + number, seed=number)
            sender = PartSender(stacked, package, str(number), data)
            sent.append((sender, sender.send()))
        return sent

    with ThreadPoolExecutor(FILES) as pool:
        sending = [pool.submit(send_files) for _ in range(FILES)]
        try:
            for _ in range(ROUNDS):
                time.sleep(dice.uniform(0.05, 1.0))
                stacked.kill()
                stacked.revive()
        finally:
            kills_are_over.set()
        everything = [each for some in sending for each in some.result()]

    for sender, answer in everything:
        assert (answer.status, answer.data.get("sha256")) == (200, sha256(sender.data)), sender.name
        assert sha256(stacked.admin.get(f"{package}/+/tag:{sender.name}").body) == sha256(sender.data)
    uploads = [each["tag"] for each in stacked.admin.all_items(f"{package}/uploads")]
    assert sorted(uploads) == sorted(sender.name for sender, _ in everything), "one upload each"
    assert_nothing_is_left(stacked, package)


def assert_nothing_is_left(site: Site, package: str) -> None:
    """Give up what a lost answer has begun twice, and find nothing but what rows name."""
    with site.app.app_context(), pytest.MonkeyPatch.context() as patch:
        later = clock.now() + timedelta(days=2)
        patch.setattr(clock, "now", lambda: later)
        site.service(UploadExpiryService).run()
        site.sweep()
    assert site.lease_keys() == set()
    assert site.keys() == site.artifact_keys(), package
    assert site.fsck().findings == []
