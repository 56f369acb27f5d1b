"""docs/concepts.md, "The order of versions" and "Ranges": every line of their tables is run."""

import itertools
import re
import typing

import pytest
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version as PythonVersion

from tests.support.pages import DOCS, codes, tables
from tests.unit.versions.oracles import order_answer, range_answer, read_table
from wxcloudrun.downloads.rules import parse_ref
from wxcloudrun.versions.errors import RangeNotUnderstood
from wxcloudrun.versions.rules.arrangement import Arrangement
from wxcloudrun.versions.rules.choices import EVERYTHING, LATEST, VersionCandidate, WhyNot
from wxcloudrun.versions.rules.general import order_of
from wxcloudrun.versions.rules.ranges import read_range
from wxcloudrun.versions.rules.schemes import SCHEMES

pytestmark = pytest.mark.unit

SECTIONS = {
    "The order of versions",
    "Debian and rpm packages",
    "Ranges",
    "Where this differs from npm and from PEP 440",
}
CHOICES = ("versions", "ref", "leads to")
KINDS = ("version", "is")
CHAINS = ("packages", "order")
RANGES = ("range", "means", "inside", "outside")
PACKAGED_RANGES = ("range", "packages", "inside", "outside")
REFUSALS = ("not understood", "`position`", "because")
REASONS = ("`why`", "the version")
DIFFERING_RANGES = ("difference", "range", "version", "npm", "PEP 440", "here", "because")
DIFFERING_ORDER = ("difference", "left", "right", "npm", "PEP 440", "here", "because")
KNOWN = {
    CHOICES, KINDS, CHAINS, RANGES, PACKAGED_RANGES, REFUSALS, DIFFERING_RANGES, DIFFERING_ORDER,
}  # fmt: skip

PAGE = tables("concepts.md")


def rows(columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the rows of all tables with these columns."""
    return [row for table in PAGE if table.columns == columns for row in table.rows]


def cases(columns: tuple[str, ...]) -> pytest.MarkDecorator:
    """Run a test for each of those rows."""
    return pytest.mark.parametrize("row", rows(columns), ids=" ".join)


def test_every_table_of_these_sections_is_run() -> None:
    found = [table for table in PAGE if table.heading in SECTIONS]
    assert {table.columns for table in found} == KNOWN
    assert {table.heading for table in found} == SECTIONS
    assert all(table.rows for table in found)


def chains() -> list[tuple[str | None, str]]:
    """Return each chain of versions with the name of its scheme."""
    page = (DOCS / "concepts.md").read_text(encoding="utf-8")
    general = re.findall(r"^```\n(1\.0\.dev1 <.*)\n```", page, re.MULTILINE)
    packaged = [(codes(row[0])[0].removeprefix("."), row[1].replace("`", "")) for row in rows(CHAINS)]
    return [*((None, text) for text in general), *packaged]


@pytest.mark.parametrize(("scheme", "chain"), chains())
def test_the_page_gives_an_order_that_is_the_order(scheme: str | None, chain: str) -> None:
    groups = [group.split(" = ") for group in chain.split(" < ")]
    assert len(groups) > 8
    for lower, higher in itertools.combinations(groups, 2):
        for left, right in itertools.product(lower, higher):
            first, second = SCHEMES[scheme].place(left), SCHEMES[scheme].place(right)
            assert first is not None, left
            assert second is not None, right
            assert first.key < second.key, (left, right)
    for group in groups:
        assert len({SCHEMES[scheme].place(name) for name in group}) == 1, group


def test_the_page_has_a_chain_for_every_scheme() -> None:
    assert sorted(str(scheme) for scheme, _ in chains()) == sorted(map(str, SCHEMES))


@cases(KINDS)
def test_the_page_says_what_a_version_is(row: tuple[str, ...]) -> None:
    for name in codes(row[0]):
        place = order_of(name)
        kind = "not ordered" if place is None else "a prerelease" if place.is_prerelease else "a release"
        assert kind == row[1], name


def candidates(cell: str) -> list[VersionCandidate]:
    """Return the versions of a cell such as "`1.0-1` (.deb), `2.0`", in the order of their publication."""
    named = re.findall(r"`([^`]+)`(?: \(\.(\w+)\))?", cell)
    return [
        VersionCandidate(version, sequence, available=True, scheme=scheme or None)
        for sequence, (version, scheme) in enumerate(named)
    ]


def meant(listed: list[VersionCandidate], text: str) -> str | None:
    """Return the version that a ref leads to."""
    ref = parse_ref(text)
    assert ref is not None
    if not ref.may_choose:
        return next((each.version for each in listed if each.version == ref.value), None)
    return Arrangement(listed).choose(EVERYTHING if ref.value == LATEST else ref.value, limit=1).chosen


@cases(CHOICES)
def test_the_page_says_where_a_ref_leads(row: tuple[str, ...]) -> None:
    versions, ref, answer = row
    expected = None if answer == "nothing" else codes(answer)[0]
    assert meant(candidates(versions), codes(ref)[0]) == expected


@cases(RANGES)
def test_the_page_says_what_a_range_admits(row: tuple[str, ...]) -> None:
    texts, _, inside, outside = row
    for text in codes(texts):
        answers = {name: range_answer(text, name) for name in (*codes(inside), *codes(outside))}
        assert answers == {**dict.fromkeys(codes(inside), "in"), **dict.fromkeys(codes(outside), "out")}, text


@cases(PACKAGED_RANGES)
def test_the_page_says_what_a_range_admits_of_packages(row: tuple[str, ...]) -> None:
    text, ending, inside, outside = row
    scheme = codes(ending)[0].removeprefix(".")
    wanted = read_range(codes(text)[0], scheme)
    for name in (*codes(inside), *codes(outside)):
        place = SCHEMES[scheme].place(name)
        assert place is not None, name
        assert wanted.contains(place) == (name in codes(inside)), name


@cases(REFUSALS)
def test_the_page_says_where_a_range_is_not_understood(row: tuple[str, ...]) -> None:
    with pytest.raises(RangeNotUnderstood) as refused:
        read_range(codes(row[0])[0])
    assert refused.value.position == int(row[1])


def test_the_page_names_the_reasons_for_which_versions_are_left_out() -> None:
    assert {codes(row[0])[0] for row in rows(REASONS)} == set(typing.get_args(WhyNot.__value__))


ANSWERS = {"inside": "in", "outside": "out", "no range": "none"}
SIGNS = {"<": -1, "=": 0, ">": 1, "none": None}


@cases(DIFFERING_RANGES)
def test_the_page_says_how_a_range_differs(row: tuple[str, ...]) -> None:
    text, version = codes(row[1])[0], codes(row[2])[0]
    npm, python, here = (ANSWERS[cell] for cell in row[3:6])
    assert range_answer(text, version) == here
    assert python_range_answer(text, version) == python
    recorded = {(each["range"], each["version"]): each["answer"] for each in read_table("node_semver_ranges")}
    assert recorded[text, version] == npm


@cases(DIFFERING_ORDER)
def test_the_page_says_how_the_order_differs(row: tuple[str, ...]) -> None:
    left, right = codes(row[1])[0], codes(row[2])[0]
    npm, python, here = (SIGNS[cell] for cell in row[3:6])
    assert order_answer(left, right) == here
    assert python_order_answer(left, right) == python
    if npm is not None:
        recorded = {(each["left"], each["right"]): each["order"] for each in read_table("node_semver_order")}
        assert (recorded.get((left, right)) or str(-int(recorded[right, left]))) == str(npm)


def python_range_answer(text: str, version: str) -> str:
    try:
        return "in" if SpecifierSet(text).contains(version, prereleases=True) else "out"
    except InvalidSpecifier:
        return "none"


def python_order_answer(left: str, right: str) -> int | None:
    try:
        first, second = PythonVersion(left), PythonVersion(right)
    except ValueError:
        return None
    return (first > second) - (first < second)
