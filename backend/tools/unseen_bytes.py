"""Measures whether time tells an uploader bytes that an unseen project holds from bytes that nobody has.

`python -m tools.unseen_bytes http://127.0.0.1:8080 --holder KEY --sender KEY --samples 10000`, with keys of
two people of a server that does nothing else. Uploads of both kinds come in random order on one connection,
each followed by a request that would wait for whatever the server does behind its answer. New bytes are
sent in two series: what differs between those is the noise, of the medians and of a rank test (Mann and
Whitney). All bytes are made beforehand: what this program has at hand would else be sent sooner.
"""

import argparse
import http.client
import json
import math
import random
import secrets
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BODY_BYTES = 4096
KINDS = ("held", "new", "again")
LARGE_Z = 3.0  # beyond which chance is no explanation: once in 370 comparisons of equals


@dataclass(slots=True)
class Guesser:
    """Somebody with a project of their own."""

    connection: http.client.HTTPConnection
    key: str
    project: str = field(default_factory=lambda: f"unseen-{secrets.token_hex(6)}")

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> int:
        """Send a request, read its answer, and return how many nanoseconds that took. Raises RuntimeError."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": kind}
        began_at = time.perf_counter_ns()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        data = answer.read()
        took = time.perf_counter_ns() - began_at
        if answer.status != http.client.OK:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return took

    def make_place(self) -> None:
        """Make the project and its package."""
        named = json.dumps({"name": self.project}).encode()
        self.send("POST", "/api/v1/projects", named)
        self.send("POST", f"/api/v1/project/{self.project}/packages", b'{"name": "bytes"}')

    def upload(self, data: bytes) -> int:
        """Upload bytes and return how many nanoseconds the answer took."""
        path = f"/api/v1/project/{self.project}/bytes/upload/file.bin"
        return self.send("PUT", path, data, "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two series: by how much their medians differ, and how unlikely that is by chance (z of the ranks)."""

    microseconds: float
    z: float


def compare(one: Sequence[int], other: Sequence[int]) -> Compared:
    """Compare two series of nanoseconds."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(place for place, (_, series) in enumerate(ranked, start=1) if series == 0)
    n, m = len(one), len(other)
    expected, spread = n * (n + m + 1) / 2, math.sqrt(n * m * (n + m + 1) / 12)
    difference = (statistics.median(one) - statistics.median(other)) / 1000
    return Compared(difference, (ranks - expected) / spread)


def measured(holder: Guesser, sender: Guesser, samples: int) -> dict[str, dict[str, list[int]]]:
    """Return the nanoseconds of the answers and of the requests behind them, by kind of bytes."""
    order = [(kind, secrets.token_bytes(BODY_BYTES)) for kind in KINDS for _ in range(samples)]
    for kind, data in order:
        if kind == "held":
            holder.upload(data)
    sender.connection.close()  # opened again by the next request: it was idle for longer than a server waits
    random.shuffle(order)
    took: dict[str, dict[str, list[int]]] = {
        what: {kind: [] for kind in KINDS} for what in ("answer", "next")
    }
    for kind, data in order:
        took["answer"][kind].append(sender.upload(data))
        took["next"][kind].append(sender.send("GET", "/api/health"))
    return took


def report(took: dict[str, dict[str, list[int]]]) -> bool:
    """Print what was measured; return False if the kinds differ by more than chance and noise."""
    is_equal = True
    for what, series in took.items():
        found, noise = compare(series["held"], series["new"]), compare(series["again"], series["new"])
        middle = statistics.median(series["new"]) / 1000
        print(
            f"{what}: median {middle:.0f} us of {len(series['new'])}; "
            f"held - new {found.microseconds:+.1f} us (z {found.z:+.2f}), "
            f"new - new {noise.microseconds:+.1f} us (z {noise.z:+.2f})"
        )
        is_equal = is_equal and abs(found.z) <= max(LARGE_Z, abs(noise.z))
    return is_equal


def caller(address: str, key: str) -> Guesser:
    """Connect as the owner of a key, and make their place."""
    parts = urlsplit(address)
    made = Guesser(http.client.HTTPConnection(parts.hostname or "", parts.port), key)
    made.make_place()
    return made


def main() -> None:
    """Measure, print, and end with 1 if the kinds can be told apart."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("address", help="where the server is, as http://127.0.0.1:8080")
    parser.add_argument("--holder", required=True, help="a key of whoever has the bytes")
    parser.add_argument("--sender", required=True, help="a key of somebody else")
    parser.add_argument("--samples", type=int, default=10_000, help="uploads of each kind")
    given = parser.parse_args()
    holder, sender = caller(given.address, given.holder), caller(given.address, given.sender)
    if not report(measured(holder, sender, given.samples)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
