"""Which version of a package `latest` or a range means, and why not another one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wxcloudrun.versions.errors import RangeNotUnderstood
from wxcloudrun.versions.rules.ranges import VersionRange, read_range
from wxcloudrun.versions.rules.schemes import GENERAL

LATEST = "latest"
"""The word for the highest release of all."""

EVERYTHING = "*"
"""The range that admits every version: the highest release inside is the latest one."""

type WhyNot = Literal["not_ordered", "prerelease", "outside_range", "yanked", "no_bytes"]


@dataclass(frozen=True, slots=True)
class VersionCandidate:
    """One version of a package: a higher `sequence` was published later, `available` says it has bytes.

    A `yanked` one is found by its name only.
    """

    version: str
    sequence: int
    available: bool
    scheme: str | None = GENERAL
    yanked: bool = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A version that a ref cannot mean, and the slug that says why."""

    version: str
    why: WhyNot


@dataclass(frozen=True, slots=True)
class Choice:
    """What a ref means: all matches best first, and the rest, latest publication first."""

    matching: tuple[str, ...]
    excluded: tuple[Exclusion, ...]

    @property
    def chosen(self) -> str | None:
        """The version that is meant, if any."""
        return self.matching[0] if self.matching else None


def read_as(wanted: str, schemes: Iterable[str | None]) -> dict[str | None, VersionRange]:
    """Return the range as those schemes read it that can.

    Raises RangeNotUnderstood if none can, with the place where reading got furthest.
    """
    readings: dict[str | None, VersionRange] = {}
    stops: list[RangeNotUnderstood] = []
    for scheme in schemes:
        try:
            readings[scheme] = read_range(wanted, scheme)
        except RangeNotUnderstood as stop:
            stops.append(stop)
    if not readings:
        raise max(stops, key=lambda stop: stop.position)
    return readings
