"""The grammar of ranges: that of npm with the operators of PEP 440. It knows nothing about versions.

A range is some alternatives with `||` between them. An alternative is some comparators with commas or blanks
between them. A comparator is an operand, mostly behind an operator.
"""

import re
from dataclasses import dataclass, replace

from wxcloudrun.versions.errors import RangeNotUnderstood

RANGE_CHARACTERS = 256
RANGE_COMPARATORS = 16

# Blanks stand on both sides of the hyphen in `1.0 - 2.0`: without them it would be a part of the version.
_OPERATOR = re.compile(r"(?:\^|~>|~=|~|>=|<=|==|!=|>|<|=|-(?=\s)|)", re.ASCII)
_OPERAND = re.compile(r"[0-9A-Za-z*][0-9A-Za-z*+._!:^~-]*+")
_BETWEEN = re.compile(r"\s*+(?:(?P<alternative>\|\|)|,)\s*+|\s++", re.ASCII)
_BLANKS = re.compile(r"\s*+", re.ASCII)
_SIGN_OF_A_RANGE = re.compile(r"^[\^~!]|[\s<>=|,*()\[\]{}]")

_HEAD = r"[vV]?(?P<head>(?:(?P<epoch>\d+)[!:])?(?P<numbers>\d+(?:\.\d+)*+))"
NAMED = re.compile(_HEAD + r"(?P<rest>.*)", re.ASCII)
"""An operand that is a version: its epoch, its leading numbers, and the rest."""

# As in npm, a prerelease or build metadata behind a wildcard says nothing.
WILD = re.compile(r"(?:" + _HEAD + r"\.|[vV]?)[xX*](?:\.[xX*])*+(?:[-+].*)?", re.ASCII)
"""An operand for every version that begins with its numbers, or for every version if it has none."""


@dataclass(frozen=True, slots=True)
class Comparator:
    """An operator with its operand, and where in the range that operand stands."""

    operator: str
    operand: str
    position: int


def may_be_range(text: str) -> bool:
    """Tell whether `text`, as long as no version is called so, can only be meant as a range."""
    return bool(_SIGN_OF_A_RANGE.search(text) or WILD.fullmatch(text))


def comparators_of(text: str) -> tuple[tuple[Comparator, ...], ...]:
    """Return the comparators of each alternative. Raises RangeNotUnderstood where the grammar ends."""
    if len(text) > RANGE_CHARACTERS:
        raise RangeNotUnderstood.at(text, RANGE_CHARACTERS)
    alternatives: list[list[Comparator]] = [[]]
    position, end = past(_BLANKS, text, 0), len(text.rstrip())
    for _ in range(RANGE_COMPARATORS):
        found = comparator_at(text, position)
        if found.operator == "-":
            close_span(text, alternatives[-1], position)
        alternatives[-1].append(found)
        position = found.position + len(found.operand)
        if position == end:
            return tuple(map(tuple, alternatives))
        between = _BETWEEN.match(text, position)
        if between is None:
            break
        position = between.end()
        if between["alternative"]:
            alternatives.append([])
    raise RangeNotUnderstood.at(text, position)


def comparator_at(text: str, position: int) -> Comparator:
    """Read one comparator. Raises RangeNotUnderstood if there is no operand behind the operator."""
    after_operator = past(_OPERATOR, text, position)
    start = past(_BLANKS, text, after_operator)
    operand = _OPERAND.match(text, start)
    if operand is None:
        raise RangeNotUnderstood.at(text, start)
    return Comparator(text[position:after_operator], operand[0], start)


def close_span(text: str, alternative: list[Comparator], position: int) -> None:
    """Make what stands before a hyphen the lower end. Raises RangeNotUnderstood if it is no bare operand."""
    if not alternative or alternative[-1].operator:
        raise RangeNotUnderstood.at(text, position)
    alternative[-1] = replace(alternative[-1], operator=">=")


def past(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Return where a pattern that may match nothing ends."""
    found = pattern.match(text, position)
    return position if found is None else found.end()
