"""Answers that are timed one by one, and a judgement whether two kinds of them differ."""

import http.client
import math
import secrets
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

LARGE_Z = 3.0  # beyond which chance is no explanation: once in 370 comparisons of equals


@dataclass(slots=True)
class TimedCaller:
    """Whoever has a key of the server."""

    connection: http.client.HTTPConnection
    key: str

    @classmethod
    def of(cls, address: str, key: str) -> "TimedCaller":
        """Be the owner of a key."""
        parts = urlsplit(address)
        return cls(http.client.HTTPConnection(parts.hostname or "", parts.port), key)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        kind: str = "application/json",
        *,
        expected: int = http.client.OK,
    ) -> tuple[int, bytes]:
        """Send a request and return how many nanoseconds its answer took, and its body.

        Raises RuntimeError for another status.
        """
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": kind}
        began_at = time.perf_counter_ns()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        data = answer.read()
        took = time.perf_counter_ns() - began_at
        if answer.status != expected:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return took, data

    def make_package(self) -> str:
        """Make a project and a package of one's own, and return where that is."""
        project = f"unseen-{secrets.token_hex(6)}"
        self.send("POST", "/api/v1/projects", f'{{"name": "{project}"}}'.encode())
        self.send("POST", f"/api/v1/project/{project}/packages", b'{"name": "bytes"}')
        return f"/api/v1/project/{project}/bytes"


@dataclass(frozen=True, slots=True)
class Compared:
    """Two series: by how much their medians differ, and how unlikely that is by chance (z of the ranks)."""

    microseconds: float
    z: float

    def __str__(self) -> str:
        return f"{self.microseconds:+.1f} us (z {self.z:+.2f})"

    def is_noise_beside(self, noise: "Compared") -> bool:
        """Tell whether the difference is none, as far as this many samples can tell."""
        return abs(self.z) <= max(LARGE_Z, abs(noise.z))


def compare(one: Sequence[int], other: Sequence[int]) -> Compared:
    """Compare two series of nanoseconds, by their medians and by a rank test (Mann and Whitney)."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(place for place, (_, series) in enumerate(ranked, start=1) if series == 0)
    n, m = len(one), len(other)
    expected, spread = n * (n + m + 1) / 2, math.sqrt(n * m * (n + m + 1) / 12)
    difference = (statistics.median(one) - statistics.median(other)) / 1000
    return Compared(difference, (ranks - expected) / spread)
