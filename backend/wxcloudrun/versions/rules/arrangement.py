"""All versions of a package in their order, so that each range is a matter of a few looks.

Working the order out takes long for very many versions, a look at it does not; so it is made once for all
ranges that somebody may think of.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from wxcloudrun.versions.rules.choices import (
    EVERYTHING,
    Choice,
    Exclusion,
    VersionCandidate,
    WhyNot,
    read_as,
)
from wxcloudrun.versions.rules.ranges import Span, VersionRange
from wxcloudrun.versions.rules.schemes import GENERAL, SCHEMES
from wxcloudrun.versions.rules.sort_keys import SortKey, VersionSortKey

type Rank = int
"""Which of the different places in the order of its scheme a version has, from the lowest."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A version with its place; `why_never` is what no range changes."""

    candidate: VersionCandidate
    place: VersionSortKey | None
    rank: Rank
    why_never: WhyNot | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one alternative of a range admits: the ranks from `start` to `end` that `rest` admits."""

    start: Rank
    end: Rank
    rest: tuple[Span, ...]

    def admits(self, each: Listed) -> bool:
        """Tell whether a version lies inside."""
        if not self.start <= each.rank < self.end or each.place is None:
            return False
        return all(span.admits(each.place) for span in self.rest)


class Arrangement:
    """The versions of a package, arranged."""

    def __init__(self, candidates: Iterable[VersionCandidate]) -> None:
        listed = sorted(candidates, key=lambda each: (each.sequence, each.version), reverse=True)
        places = [SCHEMES[each.scheme].place(each.version) for each in listed]
        self._keys: dict[str | None, list[SortKey]] = {}
        for scheme in dict.fromkeys(each.scheme for each in listed):
            of_scheme = zip(listed, places, strict=True)
            keys = {place.key for each, place in of_scheme if place is not None and each.scheme == scheme}
            self._keys[scheme] = sorted(keys)
        ranks = {scheme: {key: rank for rank, key in enumerate(keys)} for scheme, keys in self._keys.items()}
        self._listed = [
            Listed(each, place, -1 if place is None else ranks[each.scheme][place.key], why_never(place))
            for each, place in zip(listed, places, strict=True)
        ]
        self._best = best_first(self._listed)
        self._starts = {
            scheme: [-each.rank for each in ranked] for scheme, ranked in self._best.items()
        }  # ascending, for bisect

    @property
    def size(self) -> int:
        """How many versions there are."""
        return len(self._listed)

    def choose(self, wanted: str, limit: int) -> Choice:
        """Find the highest release in the range `wanted` whose bytes are there and that nobody has yanked.

        Versions of different schemes do not compare: of those that match, the scheme goes first whose version
        was published last. Among versions of equal order, as 1.0 and 1.0.0, the later publication wins. Each
        list has `limit` entries at most. Raises RangeNotUnderstood.
        """
        schemes = set(self._keys) or {GENERAL}
        stretches = {
            scheme: self._stretches(scheme, found) for scheme, found in read_as(wanted, schemes).items()
        }
        matching = islice(self._matching(stretches), limit)
        excluded = islice(self._excluded(stretches, admits_all=wanted == EVERYTHING), limit)
        return Choice(tuple(each.candidate.version for each in matching), tuple(excluded))

    def _stretches(self, scheme: str | None, wanted: VersionRange) -> Sequence[Stretch]:
        keys = self._keys.get(scheme, [])
        return [stretch_of(spans, keys) for spans in wanted.alternatives]

    def _matching(self, stretches: Mapping[str | None, Sequence[Stretch]]) -> Iterator[Listed]:
        """Yield what fits best first; the scheme goes first of which something was published last."""
        found = [self._first_of(scheme, some) for scheme, some in stretches.items()]
        for scheme, _ in sorted(found, key=lambda each: each[1], reverse=True):
            yield from self._fitting(scheme, stretches[scheme])

    def _first_of(
        self, scheme: str | None, stretches: Sequence[Stretch]
    ) -> tuple[str | None, tuple[int, str] | tuple[()]]:
        """Return when the newest was published that fits; with one scheme nobody has to look."""
        if len(self._keys) <= 1:
            return scheme, ()
        published = (
            (each.candidate.sequence, each.candidate.version) for each in self._fitting(scheme, stretches)
        )
        return scheme, max(published, default=())

    def _fitting(self, scheme: str | None, stretches: Sequence[Stretch]) -> Iterator[Listed]:
        ranked, starts = self._best.get(scheme, []), self._starts.get(scheme, [])
        top = max((each.end for each in stretches), default=0)
        bottom = min((each.start for each in stretches), default=0)
        for each in islice(ranked, bisect_left(starts, 1 - top), None):
            if each.rank < bottom:
                return
            if any(stretch.admits(each) for stretch in stretches):
                yield each

    def _excluded(
        self, stretches: Mapping[str | None, Sequence[Stretch]], *, admits_all: bool
    ) -> Iterator[Exclusion]:
        for each in self._listed:
            why = each.why_never
            if why is None and not admits_all:
                some = stretches.get(each.candidate.scheme, ())
                why = None if any(stretch.admits(each) for stretch in some) else "outside_range"
            why = why or why_not_now(each.candidate)
            if why is not None:
                yield Exclusion(each.candidate.version, why)


def why_never(place: VersionSortKey | None) -> WhyNot | None:
    """Say why no range can mean a version."""
    if place is None:
        return "not_ordered"
    return "prerelease" if place.is_prerelease else None


def why_not_now(candidate: VersionCandidate) -> WhyNot | None:
    """Say why a version inside a range is not meant."""
    if candidate.yanked:
        return "yanked"
    return None if candidate.available else "no_bytes"


def best_first(listed: Sequence[Listed]) -> dict[str | None, list[Listed]]:
    """Return what can be chosen at all, by scheme; of equals what was published later goes first."""
    found: dict[str | None, list[Listed]] = {}
    for each in listed:
        if each.why_never is None and why_not_now(each.candidate) is None:
            found.setdefault(each.candidate.scheme, []).append(each)
    return {scheme: sorted(some, key=lambda each: each.rank, reverse=True) for scheme, some in found.items()}


def stretch_of(spans: Sequence[Span], keys: Sequence[SortKey]) -> Stretch:
    """Return what all these admit together, among the places that there are."""
    start, end, rest = 0, len(keys), []
    for span in spans:
        if span.negated or span.label:
            rest.append(span)
        if not span.negated:
            start = max(start, bisect_left(keys, span.start))
            end = min(end, bisect_left(keys, span.end))
    return Stretch(start, end, tuple(rest))
