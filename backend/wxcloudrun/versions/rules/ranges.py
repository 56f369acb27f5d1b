"""What a range admits. How it is written is a matter of the grammar, what its operands are, of the scheme.

An operand stands for a block of versions between four cuts (see `places`). Each operator takes two cuts, and
a comparator admits what lies between them.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from wxcloudrun.versions.errors import RangeNotUnderstood
from wxcloudrun.versions.rules.grammar import NAMED, WILD, Comparator, comparators_of
from wxcloudrun.versions.rules.schemes import GENERAL, SCHEMES, Scheme
from wxcloudrun.versions.rules.sort_keys import Block, Label, SortKey, VersionSortKey

RANGES_KEPT = 1024

_START: SortKey = ()
_END: SortKey = (math.inf,)
_EVERYTHING = Block(_START, _START, _END, _END)
_NUMBERS_OF_A_RELEASE = 3


@dataclass(frozen=True, slots=True)
class Span:
    """What one comparator admits: what lies between two cuts, with that label if it has one; or the rest."""

    start: SortKey
    end: SortKey
    label: Label = ()
    negated: bool = False

    def admits(self, place: VersionSortKey) -> bool:
        """Tell whether a place lies inside."""
        inside = self.start <= place.key < self.end and (not self.label or place.label == self.label)
        return inside is not self.negated


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A set of versions of one scheme: those that all comparators of one alternative admit."""

    alternatives: tuple[tuple[Span, ...], ...]

    def contains(self, place: VersionSortKey) -> bool:
        """Tell whether `place` lies inside; `<2.0` does not admit a prerelease of 2.0."""
        for spans in self.alternatives:  # loops, because every version of a package comes through here
            for span in spans:
                if not span.admits(place):
                    break
            else:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Operand:
    """What a comparator names: a block of versions, and the epoch and the numbers with which they begin."""

    block: Block
    epoch: int
    numbers: tuple[int, ...]
    is_series: bool  # it stands for everything that begins with these numbers


@lru_cache(maxsize=RANGES_KEPT)
def read_range(text: str, scheme: str | None = GENERAL) -> VersionRange:
    """Return what a range means for versions of a scheme. Raises RangeNotUnderstood."""
    alternatives = []
    for comparators in comparators_of(text):
        spans = []
        for comparator in comparators:
            span = span_of(comparator, SCHEMES[scheme])
            if span is None:
                raise RangeNotUnderstood.at(text, comparator.position)
            spans.append(span)
        alternatives.append(tuple(spans))
    return VersionRange(tuple(alternatives))


def within(block: Block) -> Span:
    """Return what lies in a block; a label that the range names must be there, too."""
    return Span(block.first, block.last, block.label)


COMPARED: Mapping[str, Callable[[Block], Span]] = {
    "": within,
    "=": within,
    "==": within,
    "!=": lambda block: Span(block.first, block.last, block.label, negated=True),
    "<": lambda block: Span(_START, block.below),
    "<=": lambda block: Span(_START, block.last),
    "-": lambda block: Span(_START, block.last),
    ">=": lambda block: Span(block.first, _END),
    ">": lambda block: Span(block.above, _END),
}
"""Which cuts an operator takes that compares with its operand."""

READ_AS_A_SERIES = frozenset({"", "=", "-"})
"""Operators of npm alone: 1.2 is 1.2.x behind them. Elsewhere missing numbers are zeros, as in PEP 440."""

KEPT: Mapping[str, Callable[[tuple[int, ...]], int]] = {
    "^": lambda numbers: next((place for place, number in enumerate(numbers) if number), len(numbers) - 1),
    "~": lambda numbers: min(1, len(numbers) - 1),
    "~>": lambda numbers: min(1, len(numbers) - 1),
    "~=": lambda numbers: len(numbers) - 2,
}
"""Up to which number versions stay the same, of those that an operator counts as compatible."""


def span_of(comparator: Comparator, scheme: Scheme) -> Span | None:
    """Return what a comparator admits, None if its operand is no version or not one for its operator."""
    operand = operand_of(comparator, scheme)
    if operand is None:
        return None
    if comparator.operator in COMPARED:
        return COMPARED[comparator.operator](operand.block)
    if comparator.operator == "~=" and (operand.is_series or len(operand.numbers) == 1):
        return None  # PEP 440 refuses ~=1, because there is no number left that may vary
    if not operand.numbers:
        return Span(_START, _END)
    kept = KEPT[comparator.operator](operand.numbers)
    return Span(operand.block.first, scheme.cut_before(operand.epoch, following(operand.numbers[: kept + 1])))


def operand_of(comparator: Comparator, scheme: Scheme) -> Operand | None:
    """Return what a comparator names, None if that is no version of the scheme."""
    wild = WILD.fullmatch(comparator.operand)
    if wild is not None and wild["numbers"] is None:
        return Operand(_EVERYTHING, 0, (), is_series=True)
    found = wild or NAMED.fullmatch(comparator.operand)
    if found is None:
        return None
    epoch, numbers = int(found["epoch"] or 0), tuple(map(int, found["numbers"].split(".")))
    is_partial = wild is None and not found["rest"] and len(numbers) < _NUMBERS_OF_A_RELEASE
    is_series = wild is not None or (is_partial and comparator.operator in READ_AS_A_SERIES)
    block = scheme.block(found["head"] if is_series else comparator.operand)
    if block is not None and is_series:
        end = scheme.cut_before(epoch, following(numbers))
        block = Block(scheme.cut_before(epoch, numbers), block.first, end, end)
    return None if block is None else Operand(block, epoch, numbers, is_series)


def following(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Return the numbers of the first version that does not begin with these any more."""
    return (*numbers[:-1], numbers[-1] + 1)
