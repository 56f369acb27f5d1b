"""Which version of a package `latest` or a range means, and why not another one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wxcloudrun.versions.errors import RangeNotUnderstood
from wxcloudrun.versions.rules.ranges import VersionRange, read_range
from wxcloudrun.versions.rules.schemes import GENERAL, SCHEMES
from wxcloudrun.versions.rules.sort_keys import SortKey, VersionSortKey

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

    def shortened(self, limit: int) -> "Choice":
        """Return it with so many entries in each list at most."""
        return Choice(self.matching[:limit], self.excluded[:limit])


def choose(candidates: Iterable[VersionCandidate], wanted: str = EVERYTHING) -> Choice:
    """Find the highest release inside the range `wanted` whose bytes are there and that nobody has yanked.

    Versions of different schemes do not compare: of those that match, the scheme goes first whose version
    was published last. Among versions of equal order, as 1.0 and 1.0.0, the later publication wins. The
    answer does not depend on the order in which the candidates come. Raises RangeNotUnderstood.
    """
    listed = sorted(candidates, key=lambda each: (each.sequence, each.version), reverse=True)
    readings = read_as(wanted, {each.scheme for each in listed} or {GENERAL})
    matching: dict[str | None, list[tuple[SortKey, str]]] = {}
    excluded: list[Exclusion] = []
    for candidate in listed:
        place = SCHEMES[candidate.scheme].place(candidate.version)
        why = _why_not(candidate, place, readings.get(candidate.scheme))
        if why is not None:
            excluded.append(Exclusion(candidate.version, why))
        elif place is not None:
            matching.setdefault(candidate.scheme, []).append((place.key, candidate.version))
    # What was published last comes first in `listed`, so its scheme does here; sorting keeps equals so, too.
    best = [each for ranked in matching.values() for each in sorted(ranked, key=_key, reverse=True)]
    return Choice(tuple(version for _, version in best), tuple(excluded))


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


def _key(ranked: tuple[SortKey, str]) -> SortKey:
    return ranked[0]


def _why_not(
    candidate: VersionCandidate, place: VersionSortKey | None, wanted: VersionRange | None
) -> WhyNot | None:
    if place is None:
        return "not_ordered"
    if place.is_prerelease:
        return "prerelease"
    if wanted is None or not wanted.contains(place):
        return "outside_range"
    if candidate.yanked:
        return "yanked"
    return None if candidate.available else "no_bytes"
