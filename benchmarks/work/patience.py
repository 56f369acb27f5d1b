"""A thousand slow downloads and two hundred slow uploads, all open, and what everybody else notices of them.

One crowd comes for each instance; every figure of it is read from that one visit. It begins when everybody is
in the middle of a body, and all of them stay for a minute, through which the questions are asked in turn,
again and again. Beside it stands what the same questions reach while nobody else is there: before the crowd
and when it has gone, for machines drift.
"""

import threading
import time
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from http.client import HTTPConnection
from statistics import mean

from tools.crowd import Crowd, Plan, Visitors, coming

from benchmarks.contenders.service import PACKAGE, PROJECT, RegistryService
from benchmarks.field import Field
from benchmarks.load import wrk
from benchmarks.rounds import Case, Work

DOWNLOADS, UPLOADS = 1000, 200
SILENT, TRICKLING = 2000, 500
BYTES_PER_SECOND, SECONDS = 20_000, 60
COMING_SECONDS = 10  # that a body lasts longer, because they do not all come at the same time
ALONE_SECONDS = 8  # of the minute, in which the crowd is left to itself
BODY_BYTES = BYTES_PER_SECOND * (SECONDS + COMING_SECONDS)
IDLE_STAY_SECONDS = 30.0
IDLE_ASK_SECONDS = 3  # for each question, so that all are asked before the silent ones are dropped
LOOK_SECONDS = 0.05
MEGABYTE = 1_000_000
UNDISTURBED = "undisturbed"
QUESTIONS = ("metadata", "10 KB down", "10 KB up")


def works(field: Field, seconds: int) -> Iterator[Work]:
    """Make every work: on the local store, on MinIO if it is there, and among silent connections."""
    visits = {"slow clients": Visit(field, field.service, seconds)}
    if "minio" in field.stores:
        visits["slow clients on minio"] = Visit(field, field.stores["minio"][1], seconds)
    visits["idle connections"] = Visit(field, field.service, seconds, is_idle=True)
    for name, visit in visits.items():
        yield from visit.works(name)


class Visit:
    """One crowd at one instance."""

    def __init__(self, field: Field, mine: RegistryService, seconds: int, *, is_idle: bool = False) -> None:
        self._field = field
        self._mine = mine
        self._seconds = min(seconds, IDLE_ASK_SECONDS) if is_idle else seconds
        self._is_idle = is_idle
        self._health: list[float] = []
        self._rates: dict[tuple[str, str], list[float]] = {}
        self._peak_bytes = 0
        self._server_share = 0.0

    def works(self, name: str) -> Iterator[Work]:
        """Make a work for each figure."""
        yield Work(f"{name}: health, 99th percentile", "ms", partial(self._one, self._slowest_health))
        for question in QUESTIONS:
            yield Work(f"{name}: {question}", "requests/s", partial(self._two, question))
        if self._is_idle:
            yield Work(f"{name}: the last one dropped after", "s", partial(self._one, self._last_drop))
            return
        yield Work(f"{name}: all were open for", "s", partial(self._one, self._all_open))
        yield Work(f"{name}: transfers that were not whole", "", partial(self._one, self._broken))
        yield Work(f"{name}: a worker's memory", "MB", partial(self._one, self._memory))
        yield Work(f"{name}: the clients' share of a processor", "%", partial(self._one, self._clients_cpu))
        yield Work(f"{name}: the service's, for them alone", "%", partial(self._one, self._server_cpu))

    def _one(self, figure: Callable[[], float]) -> list[Case]:
        return [Case(self._mine.name, figure)]

    def _two(self, question: str) -> list[Case]:
        return [Case(who, partial(self._rate, question, who)) for who in (self._mine.name, UNDISTURBED)]

    @cached_property
    def _crowd(self) -> Crowd:
        mine, samples = self._mine, self._field.samples
        small, large = samples.fresh(wrk.SMALL_BYTES), samples.fresh(BODY_BYTES)
        mine.put(small)
        mine.put(large)
        self._ask(small.name, UNDISTURBED)
        path = f"/api/v1/project/{PROJECT}/{PACKAGE}"
        transfers = Plan(
            port=mine.port,
            keys=[mine.key],
            bytes_per_second=BYTES_PER_SECOND,
            downloads=DOWNLOADS,
            download_path=f"{path}/+/version:{large.name}",
            sha256=large.sha256,
            uploads=UPLOADS,
            upload_path=path + "/upload/slow-{number}.bin",
            upload_bytes=BODY_BYTES,
        )
        idle = Plan(mine.port, [mine.key], 1, silent=SILENT, trickling=TRICKLING, seconds=IDLE_STAY_SECONDS)
        running = mine.running
        if running is not None:
            running.forget_peak()
        with coming(idle if self._is_idle else transfers) as visitors:
            enough = threading.Event()
            watch = threading.Thread(target=self._watch, args=(enough,))
            watch.start()
            try:
                self._ask_all_along(small.name)
                crowd = self._seen_off(visitors)
            finally:
                enough.set()
                watch.join()
            self._peak_bytes = 0 if running is None else running.peak_bytes()
        self._ask(small.name, UNDISTURBED)
        return crowd

    def _seen_off(self, visitors: Visitors) -> Crowd:
        """Wait for the end, and note what the service needs for the crowd while nobody else asks much."""
        running = self._mine.running
        before, began = running.cpu_seconds() if running is not None else 0.0, time.perf_counter()
        crowd = visitors.result()
        after = running.cpu_seconds() if running is not None else 0.0
        self._server_share = (after - before) / (time.perf_counter() - began)
        return crowd

    def _ask_all_along(self, version: str) -> None:
        """Ask every question in turn, again and again while everybody is there; of the silent just once."""
        a_round = len(QUESTIONS) * self._seconds
        until = time.perf_counter() + (0 if self._is_idle else SECONDS - ALONE_SECONDS)
        self._ask(version, self._mine.name)
        while time.perf_counter() + a_round < until:
            self._ask(version, self._mine.name)

    def _ask(self, version: str, who: str) -> None:
        mine = self._mine
        loads: dict[str, Callable[[], wrk.Load]] = {
            "metadata": lambda: wrk.get(mine.request(f"/versions/{version}"), self._seconds),
            "10 KB down": lambda: wrk.get(mine.request(f"/+/version:{version}"), self._seconds),
            "10 KB up": lambda: wrk.push(
                mine.request("/upload"), self._seconds, protocol="raw", folder=self._field.folder
            ),
        }
        for question, load in loads.items():
            seen = load()
            self._rates.setdefault((question, who), []).append(seen.requests / seen.seconds)

    def _watch(self, enough: threading.Event) -> None:
        """Ask for health again and again, each time over a connection of its own.

        Whoever looks at more than that here takes from the machine what the others are measured by.
        """
        while not enough.wait(LOOK_SECONDS):
            began = time.perf_counter()
            connection = HTTPConnection("127.0.0.1", self._mine.port, timeout=60)
            try:
                connection.request("GET", "/api/health")
                connection.getresponse().read()
            finally:
                connection.close()
            self._health.append(time.perf_counter() - began)

    def _slowest_health(self) -> float:
        return (self._crowd and sorted(self._health)[int(len(self._health) * 0.99)] * 1000) or 0.0

    def _rate(self, question: str, who: str) -> float:
        return (self._crowd and mean(self._rates[question, who])) or 0.0

    def _all_open(self) -> float:
        return self._crowd.all_open_seconds

    def _broken(self) -> float:
        crowd = self._crowd
        return DOWNLOADS + UPLOADS - crowd.downloads.get("whole", 0) - crowd.uploads.get("whole", 0)

    def _memory(self) -> float:
        return (self._crowd and self._peak_bytes / MEGABYTE) or 0.0

    def _clients_cpu(self) -> float:
        return self._crowd.cpu_seconds / self._crowd.seconds * 100

    def _server_cpu(self) -> float:
        return (self._crowd and self._server_share * 100) or 0.0

    def _last_drop(self) -> float:
        crowd = self._crowd
        return crowd.last_drop_seconds if crowd.dropped == SILENT + TRICKLING else float("inf")
