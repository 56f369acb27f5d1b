"""What others say about versions and ranges, as tables, and what is said here in the same words."""

import csv
from pathlib import Path

from wxcloudrun.versions.errors import RangeNotUnderstood
from wxcloudrun.versions.rules.general import order_of
from wxcloudrun.versions.rules.ranges import read_range

TABLES = Path(__file__).parent / "tables"


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a table.

    node_semver_ranges, node_semver_order: the test cases of node-semver 7.8.6 and some more, with its
    answers. `mode` says whether it was told to be loose, which it needs to be for what is no SemVer.
    packaging_specifiers, packaging_order: the test cases of packaging 26.3 and some more, with its answers,
    prereleases allowed.
    rpm_vectors: the test cases of rpm 4.18.

    An answer about a range is `in`, `out`, or `none` for what is no range. An answer about an order is -1, 0
    or 1. `difference` is the line of docs/concepts.md that says why the answer here is another.
    """
    with (TABLES / f"{name}.csv").open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def range_answer(text: str, version: str) -> str:
    """Return what is said here: a prerelease is inside of nothing."""
    try:
        wanted = read_range(text)
    except RangeNotUnderstood:
        return "none"
    place = order_of(version)
    inside = place is not None and not place.is_prerelease and wanted.contains(place)
    return "in" if inside else "out"


def order_answer(left: str, right: str) -> int | None:
    """Return how two versions compare here, None if one of them has no place."""
    first, second = order_of(left), order_of(right)
    if first is None or second is None:
        return None
    return (first.key > second.key) - (first.key < second.key)
