"""kill -9 of the server at each step between first byte and answer: wholly there or wholly gone.

One kill for each of the moments, or `KILL_ROUNDS` if that is more, each with five uploads on their
way, on each stack.
"""

import contextlib
import os
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.support.builders import content, sha256
from tests.support.raw_http import RawConnection
from tests.support.site import Site

UPLOADS = 5
SIZES = [1, 3000, 200_000, 3_000_000, 9 * 1024 * 1024]
WATCH_SECONDS = 5


@dataclass(slots=True)
class Sent:
    """One upload, and whether its client was told that it is accepted."""

    name: str
    data: bytes
    acknowledged: bool = False


class PacedSender:
    """Sends one upload in pieces; `progress` is the share of the body that is out, 2 after the answer."""

    def __init__(self, site: Site, package: str, sent: Sent, *, pause_seconds: float) -> None:
        self.sent = sent
        self.progress = -1.0
        self._site, self._package, self._pause_seconds = site, package, pause_seconds

    def send(self) -> None:
        """Send; a server that dies meanwhile is what this is about."""
        sent = self.sent
        path = f"{self._package}/upload/{sent.name}.bin?tag={sent.name}&version=1.0.{sent.name}"
        with (
            contextlib.suppress(OSError, AssertionError),
            RawConnection(self._site.server.port) as connection,
        ):
            connection.head("PUT", path, self._site.token, Content_Length=str(len(sent.data)))
            self.progress = 0.0
            step = max(len(sent.data) // 4, 1)
            for start in range(0, len(sent.data), step):
                time.sleep(self._pause_seconds)
                connection.send(sent.data[start : start + step])
                self.progress = min((start + step) / len(sent.data), 1.0)
            answer = connection.answer()
            sent.acknowledged = answer.status == 200
            self.progress = 2.0


Moment = Callable[[Site, list[PacedSender]], bool]
MOMENTS: dict[str, Moment] = {
    "a head has been sent": lambda _, senders: any(each.progress >= 0 for each in senders),
    "a byte has been sent": lambda _, senders: any(each.progress > 0 for each in senders),
    "a lease is there": lambda site, _: bool(site.lease_keys()),
    "half a body has been sent": lambda _, senders: any(each.progress >= 0.5 for each in senders),
    "an object is there without its row": lambda site, _: bool(site.keys() - site.artifact_keys()),
    "a body has been sent": lambda _, senders: any(each.progress >= 1 for each in senders),
    "an upload is done": lambda _, senders: any(each.progress >= 2 for each in senders),
    "three uploads are done": lambda _, senders: sum(each.progress >= 2 for each in senders) >= 3,
}
ROUNDS = max(len(MOMENTS), int(os.environ.get("KILL_ROUNDS", "0")))


def kill_when(site: Site, senders: list[PacedSender], moment: Moment, delay_seconds: float) -> None:
    """Kill the server when something has come true, or when it is too late for that."""
    deadline = time.monotonic() + WATCH_SECONDS
    while time.monotonic() < deadline and not moment(site, senders):
        time.sleep(0.001)
    time.sleep(delay_seconds)
    site.kill()


@pytest.mark.slow
def test_given_a_server_killed_at_any_step_then_every_upload_is_wholly_there_or_wholly_gone(
    stacked: Site,
) -> None:
    package = stacked.new_package("killed")
    dice = random.Random(9)
    everything: list[Sent] = []

    for number in range(ROUNDS):
        moment = list(MOMENTS.values())[number % len(MOMENTS)]
        senders = []
        for index in range(UPLOADS):
            size_bytes = SIZES[(number + index) % len(SIZES)] + number
            name = str(number * UPLOADS + index)
            sent = Sent(name, content(size_bytes, seed=int(name)))
            senders.append(PacedSender(stacked, package, sent, pause_seconds=dice.uniform(0, 0.03)))
        killer = threading.Thread(
            target=kill_when, args=(stacked, senders, moment, dice.choice([0, 0, 0.005, 0.02]))
        )
        killer.start()
        with ThreadPoolExecutor(UPLOADS) as pool:
            list(pool.map(PacedSender.send, senders))
        killer.join()
        stacked.revive()
        everything += [each.sent for each in senders]

    stacked.sweep_after_hours()
    assert_whole_or_gone(stacked, package, everything)
    acknowledged = sum(each.acknowledged for each in everything)
    assert 0 < acknowledged < len(everything), f"{acknowledged} of {len(everything)}: no kill was in between"


def assert_whole_or_gone(site: Site, package: str, everything: list[Sent]) -> None:
    """Compare what clients were told with what is there."""
    listed = {
        kind: {each[key] for each in site.admin.all_items(f"{package}/{kind}")}
        for kind, key in (("tags", "name"), ("versions", "version"), ("uploads", "tag"))
    }
    assert listed["tags"] == listed["uploads"]
    assert {f"1.0.{name}" for name in listed["tags"]} == listed["versions"]
    for sent in everything:
        answer = site.admin.get(f"{package}/+/tag:{sent.name}")
        if sent.acknowledged or answer.status == 200:
            assert answer.status == 200, f"upload {sent.name} was acknowledged and is gone"
            assert sha256(answer.body) == sha256(sent.data)
        else:
            assert answer.status == 404
    assert site.lease_keys() == set()
    assert site.keys() == site.artifact_keys(), "the store holds what rows name and nothing else"
    assert site.fsck().findings == []
