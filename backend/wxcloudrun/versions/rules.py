"""What a version name may be, how versions order, what a range admits, and which version a ref means.

One total order serves both schemes: Semantic Versioning 2.0.0 is tried first, then PEP 440. Names that
follow neither are kept exactly, but they are never the latest and never inside a range.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import semver
from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion

VERSION_CHARACTERS = 128
RANGE_CHARACTERS = 256
RANGE_COMPARATORS = 16
ORDERS_KEPT = 16_384

type WhyNot = Literal["not_ordered", "prerelease", "outside_range", "no_bytes"]
# A number sorts below a word, as SemVer 2.0.0 item 11.4.3 wants it.
type Identifier = tuple[int, int, str]
type PublicKey = tuple[int, tuple[int, ...], int, tuple[Identifier, ...], int, tuple[int, int]]

_DEVELOPMENT, _PRERELEASE, _FINAL = 0, 1, 2
_NO_POST = -1
_NO_DEV = (1, 0)  # sorts behind every development number, which are (0, n)
_PYTHON_PHASES = {"a": "alpha", "b": "beta", "rc": "rc"}

_VERSION_NAME = re.compile(r"[!-.0-~]+")


def version_problem(text: str) -> str | None:
    """Say why `text` cannot name a version, or None if it can: 1-128 printable ASCII, no space, no "/"."""
    if not text:
        return "A version name must not be empty."
    if len(text) > VERSION_CHARACTERS:
        return f"A version name has at most {VERSION_CHARACTERS} characters."
    if not _VERSION_NAME.fullmatch(text):
        return 'A version name consists of printable ASCII characters without space and "/".'
    return None


def is_semver(text: str) -> bool:
    """Tell whether `text` is a version name that follows Semantic Versioning 2.0.0 to the letter."""
    return version_problem(text) is None and semver.Version.is_valid(text)


@dataclass(frozen=True, slots=True, order=True)
class VersionOrder:
    """The place of a version in the total order; equal for names that mean the same, as 1.0 and 1.0.0.

    `public` is epoch, release without trailing zeros, phase, prerelease identifiers, post and development
    number. `local` is the local label of PEP 440; the build metadata of SemVer never orders and is not kept.
    """

    public: PublicKey
    local: tuple[Identifier, ...] = ()

    @property
    def is_prerelease(self) -> bool:
        """True for what its author has not released: prereleases of SemVer, a, b, rc and dev of PEP 440."""
        return self.public[2] < _FINAL or self.public[5] != _NO_DEV


@lru_cache(maxsize=ORDERS_KEPT)
def order_of(text: str) -> VersionOrder | None:
    """Return the place of `text` in the total order, or None if it follows neither SemVer nor PEP 440.

    SemVer pairs compare as item 11 of SemVer 2.0.0 says. Pairs that are PEP 440 only compare as PEP 440 says.
    Across the schemes a1, b2 and rc3 stand for -alpha.1, -beta.2 and -rc.3.
    """
    if version_problem(text) is not None:
        return None
    try:
        return _semver_order(semver.Version.parse(text))
    except ValueError:
        pass  # It may still be a version in the sense of PEP 440.
    try:
        return _python_order(PythonVersion(text))
    except InvalidVersion:
        return None


def _semver_order(version: semver.Version) -> VersionOrder:
    release = _without_trailing_zeros((version.major, version.minor, version.patch))
    if version.prerelease is None:
        return VersionOrder((0, release, _FINAL, (), _NO_POST, _NO_DEV))
    identifiers = tuple(_identifier(part) for part in version.prerelease.split("."))
    return VersionOrder((0, release, _PRERELEASE, identifiers, _NO_POST, _NO_DEV))


def _python_order(version: PythonVersion) -> VersionOrder:
    phase = _FINAL
    identifiers: tuple[Identifier, ...] = ()
    if version.pre is not None:
        letter, number = version.pre
        phase, identifiers = _PRERELEASE, (_identifier(_PYTHON_PHASES[letter]), (0, number, ""))
    elif version.dev is not None and version.post is None:
        phase = _DEVELOPMENT
    post = _NO_POST if version.post is None else version.post
    dev = _NO_DEV if version.dev is None else (0, version.dev)
    release = _without_trailing_zeros(version.release)
    return VersionOrder((version.epoch, release, phase, identifiers, post, dev), _local_label(version.local))


def _local_label(label: str | None) -> tuple[Identifier, ...]:
    # PEP 440 puts numbers above words here: the reverse of SemVer's identifiers.
    parts = label.split(".") if label else []
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


def _identifier(part: str) -> Identifier:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def _without_trailing_zeros(release: tuple[int, ...]) -> tuple[int, ...]:
    end = len(release)
    while end and release[end - 1] == 0:
        end -= 1
    return release[:end]


@dataclass(frozen=True, slots=True)
class _Bound:
    """One comparison with a place in the order."""

    operator: Literal["<", "<=", "==", ">=", ">"]
    limit: VersionOrder

    def admits(self, order: VersionOrder) -> bool:
        # A local label counts only where the range names one itself: ==1.0 admits 1.0+debian2.
        mine = (order.public, order.local if self.limit.local else ())
        limit = (self.limit.public, self.limit.local)
        if self.operator == "<":
            return mine < limit and not self._precedes_the_release_itself(order)
        if self.operator == "<=":
            return mine <= limit
        if self.operator == "==":
            return mine == limit
        return mine >= limit if self.operator == ">=" else mine > limit

    def _precedes_the_release_itself(self, order: VersionOrder) -> bool:
        # Who asks for <2.0 does not want 2.0.0-rc.1, although it comes before 2.0.
        same_release = order.public[:2] == self.limit.public[:2]
        return same_release and order.is_prerelease and not self.limit.is_prerelease


@dataclass(frozen=True, slots=True)
class _Span:
    """What one comparator of a range admits: all of its bounds, or the opposite of that."""

    bounds: tuple[_Bound, ...]
    negated: bool = False

    def admits(self, order: VersionOrder) -> bool:
        return all(bound.admits(order) for bound in self.bounds) is not self.negated


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A set of versions, given by comparators that must all hold."""

    spans: tuple[_Span, ...]

    def contains(self, order: VersionOrder) -> bool:
        """Tell whether `order` lies inside; `<2.0` never admits a prerelease of 2.0."""
        return all(span.admits(order) for span in self.spans)


_COMPARATOR = re.compile(
    r"(?P<operator>\^|~=|~|>=|<=|==|!=|>|<|=|)[ \t]*+(?P<operand>[0-9A-Za-z*+._!-]++)", re.ASCII
)
_SEPARATOR = re.compile(r"[ \t]*+,[ \t]*+|[ \t]++")
_EXACT = re.compile(r"(?:(?P<epoch>[0-9]+)!)?[vV]?(?P<release>[0-9]+(?:\.[0-9]+)*+)(?![0-9]).*")
_WILDCARD = re.compile(
    r"(?:(?P<epoch>[0-9]+)!)?(?:[vV]?(?P<release>[0-9]+(?:\.[0-9]+)*+)\.[*xX]|\*)(?:\.[*xX])*+"
)


@dataclass(frozen=True, slots=True)
class _Series:
    """The leading numbers that an operand gives, with all the versions that begin with them."""

    epoch: int
    release: tuple[int, ...]

    @classmethod
    def of(cls, match: re.Match[str]) -> "_Series":
        release = match["release"]
        numbers = tuple(int(part) for part in release.split(".")) if release else ()
        return cls(int(match["epoch"] or 0), numbers)

    def floor(self) -> VersionOrder:
        release = _without_trailing_zeros(self.release)
        return VersionOrder((self.epoch, release, _FINAL, (), _NO_POST, _NO_DEV))

    def before_next(self, position: int) -> tuple[_Bound, ...]:
        """Bound from above where the number at `position` goes up by one; no numbers, no bound."""
        if not self.release:
            return ()
        following = (*self.release[:position], self.release[position] + 1)
        return (_Bound("<", _Series(self.epoch, following).floor()),)

    def compatible(self, operator: str) -> tuple[_Bound, ...]:
        """Bound from above as npm does: ^ keeps the first number that is not 0, ~ keeps the minor one."""
        last = len(self.release) - 1
        if operator == "~":
            return self.before_next(min(1, last))
        significant = (place for place, number in enumerate(self.release) if number)
        return self.before_next(next(significant, last))


@lru_cache(maxsize=1024)
def parse_range(text: str) -> VersionRange | None:
    """Read a range, or return None if `text` is none (an exact version without operator is none).

    Comparators are separated by commas, blanks or both, and all must hold. `^` and `~` mean what npm means,
    `~=` what PEP 440 means; `=`, `==`, `!=` and no operator take a wildcard as in `1.*` or `1.x`. Everything
    else compares by the total order, where missing numbers are zeros: `>1` admits 1.0.1.
    """
    if len(text) > RANGE_CHARACTERS:
        return None
    rest = text.strip(" \t")
    spans: list[_Span] = []
    position = 0
    while len(spans) < RANGE_COMPARATORS:
        found = _COMPARATOR.match(rest, position)
        span = _span_of(found["operator"], found["operand"]) if found else None
        if found is None or span is None:
            return None
        spans.append(span)
        if found.end() == len(rest):
            return VersionRange(tuple(spans))
        separator = _SEPARATOR.match(rest, found.end())
        if separator is None:
            return None
        position = separator.end()
    return None


def _span_of(operator: str, operand: str) -> _Span | None:
    wildcard = _WILDCARD.fullmatch(operand)
    if wildcard:
        return _wildcard_span(operator, _Series.of(wildcard))
    exact = _EXACT.fullmatch(operand)
    order = order_of(operand)
    if exact is None or order is None:
        return None
    return _exact_span(operator, _Series.of(exact), order)


def _wildcard_span(operator: str, series: _Series) -> _Span | None:
    floor = (_Bound(">=", series.floor()),) if series.release else ()
    if operator in ("^", "~"):
        return _Span(floor + series.compatible(operator))
    if operator in ("", "=", "==", "!="):
        return _Span(floor + series.before_next(len(series.release) - 1), negated=operator == "!=")
    return None


def _exact_span(operator: str, series: _Series, order: VersionOrder) -> _Span | None:
    match operator:
        case "^" | "~":
            return _Span((_Bound(">=", order), *series.compatible(operator)))
        case "~=":
            # PEP 440 refuses ~=1, because there is no number left that may vary.
            parts = len(series.release)
            return _Span((_Bound(">=", order), *series.before_next(parts - 2))) if parts > 1 else None
        case "=" | "==":
            return _Span((_Bound("==", order),))
        case "!=":
            return _Span((_Bound("==", order),), negated=True)
        case "<" | "<=" | ">" | ">=":
            return _Span((_Bound(operator, order),))
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One version of a package: a higher `sequence` was published later, `available` says it has bytes."""

    version: str
    sequence: int
    available: bool


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A version that a ref cannot mean, and the slug that says why."""

    version: str
    why: WhyNot


@dataclass(frozen=True, slots=True)
class Choice:
    """What a ref means: the best match, all matches best first, and the rest, latest publication first."""

    chosen: Candidate | None
    matching: tuple[str, ...]
    excluded: tuple[Exclusion, ...]


def choose(candidates: Iterable[Candidate], wanted: VersionRange | None) -> Choice:
    """Find the highest release inside `wanted` whose bytes are there; None wants the latest release.

    Among versions of equal order, as 1.0 and 1.0.0, the later publication wins. The answer does not depend
    on the order in which the candidates come.
    """
    matching: list[tuple[VersionOrder, int, str, Candidate]] = []
    excluded: list[Exclusion] = []
    for candidate in sorted(candidates, key=lambda each: (each.sequence, each.version), reverse=True):
        order = order_of(candidate.version)
        why = _why_not(candidate, order, wanted)
        if why is not None:
            excluded.append(Exclusion(candidate.version, why))
        elif order is not None:
            matching.append((order, candidate.sequence, candidate.version, candidate))
    matching.sort(key=lambda each: (each[0].public, each[0].local, each[1], each[2]), reverse=True)
    chosen = matching[0][3] if matching else None
    return Choice(chosen, tuple(version for _, _, version, _ in matching), tuple(excluded))


def _why_not(candidate: Candidate, order: VersionOrder | None, wanted: VersionRange | None) -> WhyNot | None:
    if order is None:
        return "not_ordered"
    if order.is_prerelease:
        return "prerelease"
    if wanted is not None and not wanted.contains(order):
        return "outside_range"
    return None if candidate.available else "no_bytes"
