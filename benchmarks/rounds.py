"""The same work by every contender, in turn, several times; the median counts."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.contenders.contender import Contender


@dataclass(frozen=True, slots=True)
class Case:
    """What one contender does for one work.

    `run` does it once. It returns what was reached, in the unit of the work, or None: then the time is
    taken here, and `amount` by the seconds is what was reached (`amount` None: the seconds themselves).
    """

    contender: str
    run: Callable[[], float | None]
    amount: float | None = None
    server: Contender | None = None
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Work:
    """Something that several contenders do. Its unit is a rate, or a time or size where less is better.

    `cases` prepares what the work needs, and is not called for work that is left out.
    """

    name: str
    unit: str
    cases: Callable[[], Sequence[Case]]
    clear: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Figure:
    """What one contender reached in one work, round by round."""

    work: str
    unit: str
    contender: str
    values: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.values)

    @property
    def median_cpu_seconds(self) -> float | None:
        """The middle of the server's processor time, None if it is not ours to see."""
        return statistics.median(self.cpu_seconds) if self.cpu_seconds else None

    def as_facts(self) -> dict[str, Any]:
        """Return everything for the JSON file."""
        return {**asdict(self), "median": self.median, "median_cpu_seconds": self.median_cpu_seconds}


def alternate(work: Work, rounds: int, until: float = float("inf")) -> list[Figure]:
    """Let every contender do the work once a round, the order reversed in every other round.

    No further round begins after `until`, a time of the monotonic clock; the first one always does.
    """
    cases = work.cases()
    figures = {case.contender: Figure(work.name, work.unit, case.contender) for case in cases}
    for number in range(rounds):
        if number and time.monotonic() > until:
            break
        for case in cases if number % 2 == 0 else list(reversed(cases)):
            measure(case, figures[case.contender])
    work.clear()
    return list(figures.values())


def measure(case: Case, figure: Figure) -> None:
    """Do it once, with the server's processor time and memory."""
    case.prepare()
    running = case.server.running if case.server is not None else None
    before = running.cpu_seconds() if running is not None else 0.0
    if running is not None:
        running.forget_peak()
    began = time.perf_counter()
    reached = case.run()
    seconds = time.perf_counter() - began
    if reached is None:
        reached = seconds if case.amount is None else case.amount / seconds
    figure.values.append(reached)
    # A cold start replaces the server, so it is asked again.
    running = case.server.running if case.server is not None else None
    if running is not None:
        figure.cpu_seconds.append(max(running.cpu_seconds() - before, 0.0))
        figure.peak_bytes = max(figure.peak_bytes, running.peak_bytes())
