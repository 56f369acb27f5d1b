"""A client written from docs/api.md alone, over a network that loses requests and answers."""

import hashlib
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.support.builders import content, numbers, sha256
from tests.support.client import ApiClient
from tests.support.live import LiveServer

LOST_REQUESTS, LOST_ANSWERS = 0.005, 0.05
SIZE = 60 * 1024 * 1024
PART_BYTES = 256 * 1024
AT_ONCE = 10  # as many requests as a mini-program may have
ATTEMPTS = 50
PATIENCE = frozenset({202, 409, 429, 503})


class NothingCame(Exception):
    """Nothing came back."""


@dataclass
class LossyNetwork:
    """Sends requests, and loses some of them, and some of their answers."""

    base: str
    token: str
    dice: random.Random = field(default_factory=lambda: random.Random(16))
    lock: threading.Lock = field(default_factory=threading.Lock)
    lost_requests: int = 0
    lost_answers: int = 0
    force: set[str] = field(default_factory=set)  # ends of URLs whose next answer is lost in any case

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request. Raises NothingCame."""
        with self.lock:
            loses_request = self.dice.random() < LOST_REQUESTS
            forced = next((end for end in self.force if path.endswith(end)), None)
            loses_answer = self.dice.random() < LOST_ANSWERS or forced is not None
            self.lost_requests += loses_request
            self.lost_answers += loses_answer and not loses_request
            if forced is not None and not loses_request:
                self.force.discard(forced)
        if loses_request:
            raise NothingCame
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        try:
            answer = requests.request(method, self.base + path, headers=headers, timeout=60, **options)
        except requests.RequestException:
            raise NothingCame from None
        if loses_answer:
            raise NothingCame
        return answer


def persistently(ask: Callable[[], requests.Response]) -> dict[str, Any]:
    """Ask until there is an answer that is not to be asked for again; return its data."""
    for attempt in range(ATTEMPTS):
        try:
            answer = ask()
        except NothingCame:
            continue
        if answer.status_code < 300 and answer.status_code != 202:
            data: dict[str, Any] = answer.json()["data"]
            return data
        assert answer.status_code in PATIENCE, answer.text
        time.sleep(min(0.05 * 2**attempt, 1))
    message = "no answer"
    raise AssertionError(message)


def upload(network: LossyNetwork, package: str, data: bytes, key: str) -> dict[str, Any]:
    """Upload a file in parts as forms, ten at once."""
    wanted = {"filename": "big.bin", "size": len(data), "part_bytes": PART_BYTES, "tag": "stable"}
    headers = {"Idempotency-Key": key}
    where = f"{package}/uploads/sessions"
    session = persistently(lambda: network.send("POST", where, json=wanted, headers=headers))
    url, part_bytes = session["url"], session["part_bytes"]

    def send_part(number: int) -> None:
        part = data[(number - 1) * part_bytes : number * part_bytes]
        form = {"sha256": hashlib.sha256(part).hexdigest()}
        persistently(
            lambda: network.send("POST", f"{url}/parts/{number}", data=form, files={"file": ("part", part)})
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = persistently(lambda: network.send("GET", url))["missing"]
        list(pool.map(send_part, [each for first, last in runs for each in range(first, last + 1)]))
    assert persistently(lambda: network.send("GET", url))["missing"] == []
    return persistently(lambda: network.send("POST", f"{url}/complete", json={"sha256": sha256(data)}))


def test_given_a_network_that_loses_requests_and_answers_then_the_file_is_there_once_and_right(
    server: LiveServer, admin: ApiClient, admin_token: str, package_url: str
) -> None:
    data, key = content(SIZE, seed=next(numbers)), f"lossy-{next(numbers)}"
    network = LossyNetwork(server.url, admin_token, force={"/sessions", "/parts/1", "/parts/7", "/complete"})

    done = upload(network, package_url, data, key)

    assert done["sha256"] == sha256(data)
    assert network.lost_answers >= 5
    assert network.force == set(), "the answer to every step was lost once"
    assert sha256(admin.get(f"{package_url}/+/stable").body) == sha256(data)
    assert len(admin.all_items(f"{package_url}/uploads")) == 1
