"""Choosing among 1 000 versions in this process: without HTTP and without a database."""

import time
from collections.abc import Callable, Iterator

from wxcloudrun.versions.rules.arrangement import Arrangement
from wxcloudrun.versions.rules.choices import VersionCandidate
from wxcloudrun.versions.rules.general import order_of

from benchmarks.rounds import Case, Work

VERSIONS = 1000
UNIT = "ms"


def works() -> Iterator[Work]:
    """Make the work: the first look at the names, and every later one."""
    candidates = [
        VersionCandidate(version=f"{number % 7}.{number}.{number % 3}", sequence=number, available=True)
        for number in range(VERSIONS)
    ]
    cases = [
        Case("names seen before", timed(candidates)),
        Case("new names", timed(candidates, is_cold=True)),
    ]
    yield Work("choose among 1 000 versions, in memory", UNIT, lambda: cases)


def timed(candidates: list[VersionCandidate], *, is_cold: bool = False) -> Callable[[], float]:
    """Return a run that chooses the highest version in a range and says how many milliseconds it took."""
    wanted = "^3.1"

    def run() -> float:
        if is_cold:
            order_of.cache_clear()
        else:
            Arrangement(candidates).choose(wanted, limit=1)
        began = time.perf_counter()
        Arrangement(candidates).choose(wanted, limit=1)
        return (time.perf_counter() - began) * 1000

    return run
