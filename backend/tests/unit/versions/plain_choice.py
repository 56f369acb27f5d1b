"""What a range means, said as plainly as it can be: slow, and an oracle for what is fast."""

from collections.abc import Iterable

from wxcloudrun.versions.rules.choices import (
    EVERYTHING,
    Choice,
    Exclusion,
    VersionCandidate,
    WhyNot,
    read_as,
)
from wxcloudrun.versions.rules.ranges import VersionRange
from wxcloudrun.versions.rules.schemes import GENERAL, SCHEMES
from wxcloudrun.versions.rules.sort_keys import SortKey, VersionSortKey


def plainly_chosen(candidates: Iterable[VersionCandidate], wanted: str = EVERYTHING) -> Choice:
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
