"""The server is killed again and again while files come in, whichever way they are sent."""

import itertools
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
import requests

from tests.support.builders import content
from tests.support.site import Site
from wxcloudrun.kit import clock
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService

ROUNDS = int(os.environ.get("KILL_ROUNDS", "4"))
FILES = 5  # that are on their way at each kill
# Who completes an upload when the server is killed leaves it fenced off for a minute, and the next may be
# killed at it again.
PATIENCE_SECONDS = 240 + 20 * ROUNDS


@dataclass(frozen=True, slots=True)
class Kept[Told]:
    """A file that has got through, and what its client was told at the end."""

    name: str
    data: bytes
    told: Told


def sent_through_kills[Told](
    site: Site, send: Callable[[str, bytes], Told], *, sizes: Sequence[int], seed: int
) -> list[Kept[Told]]:
    """Kill the server `ROUNDS` times while `send` gets names and bytes to send; return every file."""
    dice, numbers, kills_are_over = random.Random(seed), itertools.count(), threading.Event()

    def send_files() -> list[Kept[Told]]:
        sent: list[Kept[Told]] = []
        while not sent or not kills_are_over.is_set():
            number = next(numbers)
            data = content(sizes[number % len(sizes)] + number, seed=number)
            sent.append(Kept(str(number), data, send(str(number), data)))
        return sent

    with ThreadPoolExecutor(FILES) as pool:
        sending = [pool.submit(send_files) for _ in range(FILES)]
        try:
            for _ in range(ROUNDS):
                time.sleep(dice.uniform(0.05, 1.0))
                site.kill()
                site.revive()
        finally:
            kills_are_over.set()
        return [each for some in sending for each in some.result()]


def until_answered[Answered](
    request: Callable[[], Answered], *, is_answer: Callable[[Answered], bool]
) -> Answered:
    """Ask until there is an answer that does not say to ask again, as a client of ours does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    last: object = None
    while time.monotonic() < deadline:
        try:
            last = answer = request()
        except requests.RequestException as error:
            last = error
            time.sleep(0.05)
            continue
        if is_answer(answer):
            return answer
        time.sleep(0.05)
    pytest.fail(f"there was no answer in {PATIENCE_SECONDS} seconds; the last was {last!r}")


def assert_each_is_one_upload[Told](site: Site, package: str, everything: list[Kept[Told]]) -> None:
    """Find one upload for each file, whose name is its tag, and nothing but what rows name."""
    uploads = [each["tag"] for each in site.admin.all_items(f"{package}/uploads")]
    assert sorted(uploads) == sorted(each.name for each in everything), "one upload each"
    # What a lost answer has begun twice is given up after days.
    with site.app.app_context(), pytest.MonkeyPatch.context() as patch:
        later = clock.now() + timedelta(days=2)
        patch.setattr(clock, "now", lambda: later)
        site.service(UploadExpiryService).run()
        site.sweep()
    assert site.lease_keys() == set()
    assert site.keys() == site.artifact_keys(), package
    assert site.fsck().findings == []
