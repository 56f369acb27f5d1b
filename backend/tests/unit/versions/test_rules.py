"""Version names and their order."""

import itertools

import pytest
import semver
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion

from tests.unit.versions.version_names import comparison, ordered_names, place, python_names, semver_names
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.versions.rules.general import order_of
from wxcloudrun.versions.rules.names import check_version, is_semver, is_version

pytestmark = pytest.mark.unit


# Names


@pytest.mark.parametrize("text", ["1", "1.2.3-rc.1+build.5", "1:2.3-4~deb12u1", "nightly", "!~", "x" * 128])
def test_a_version_is_1_to_128_printable_ascii_characters(text: str) -> None:
    assert check_version(text) == text
    assert is_version(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 129,
        "1 2",
        "1/2",
        "1\t",
        "1\n",
        "1.0\x7f",
        "1.0é",
        "\N{FULLWIDTH DIGIT ONE}",
        "\x00",
        "1\N{NO-BREAK SPACE}2",
    ],
)
def test_everything_else_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(WrongValue):
        check_version(text)
    assert not is_version(text)


@pytest.mark.parametrize("text", ["0.0.0", "1.2.3", "1.0.0-alpha.1", "1.0.0-0A.is.legal", "1.2.3+001"])
def test_semver_to_the_letter(text: str) -> None:
    assert is_semver(text)


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "1.2",
        "v1.2.3",
        "01.2.3",
        "1.2.3-01",
        "1.2.3-",
        "1.2.3+",
        "1.2.3.4",
        "1.2.3\n",
        pytest.param("9" * 5000, id="5000 digits"),
        "",
    ],
)
def test_what_only_resembles_semver_is_not_semver(text: str) -> None:
    assert not is_semver(text)


# Order


def test_precedence_is_the_example_of_the_semver_specification() -> None:
    names = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "2.0.0",
        "2.1.0",
        "2.1.1",
    ]
    assert all(place(lower) < place(higher) for lower, higher in itertools.combinations(names, 2))


def test_order_is_the_example_of_pep_440() -> None:
    names = [
        "1.dev0",
        "1.0.dev456",
        "1.0a1",
        "1.0a2.dev456",
        "1.0a12.dev456",
        "1.0a12",
        "1.0b1.dev456",
        "1.0b2",
        "1.0b2.post345.dev456",
        "1.0b2.post345",
        "1.0rc1.dev456",
        "1.0rc1",
        "1.0",
        "1.0+abc.5",
        "1.0+abc.7",
        "1.0+5",
        "1.0.post456.dev34",
        "1.0.post456",
        "1.0.15",
        "1.1.dev1",
        "1!0.1",
    ]
    assert all(place(lower) < place(higher) for lower, higher in itertools.combinations(names, 2))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1.0", "1.0.0"),
        ("1", "1.0.0+build.7"),
        ("v1.2", "1.2.0"),
        ("1.0.0-rc.1", "1.0rc1"),
        ("1.0.0+a", "1.0.0+b"),
        ("v1.2.3-0", "1.2.3-0"),
        ("V1.2.3-beta", "1.2.3-beta"),
        ("v1.2.3-4-foo", "1.2.3-4-foo"),
        ("v1.2.3+build", "1.2.3"),
        ("1.0-1", "1.0.post1"),
        ("1.0.0.0-1", "1.post1"),
    ],
)
def test_names_that_mean_the_same_share_a_place(left: str, right: str) -> None:
    assert place(left) == place(right)
    assert hash(place(left)) == hash(place(right))


@pytest.mark.parametrize(
    "text",
    [
        "nightly", "1.2.3.Final", "2024-05-01", "", "1 ", " 1", "1/2", "1" * 129, "१.२.३",
        "v", "vv1.2.3", "=1.2.3", "v 1.2.3",
        # A hyphen and a number behind three numbers that are no SemVer: which of the two meanings is open.
        "1.6.0-0801", "v1.6.0-0801", "1.6.0-08.01", "1.6.0-5+a_b", "01.6.0-5", "1!1.6.0-5",
        # Revisions of a distribution, which nobody has read from a package.
        "5.1-2+deb11u1", "2.12.1-8~deb12u1", "2.31-13+deb11u8", "1.0-1.el9", "1.2-3ubuntu1",
    ],
)  # fmt: skip
def test_what_is_neither_semver_nor_pep_440_has_no_place(text: str) -> None:
    assert order_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "1.0.0-1", "1.0.0-alpha", "1.0a1", "1.0.dev3", "1.0.post1.dev2", "1.0rc1.post1",
        "v1.5.0-20240601", "v2.0.0-alpha.1.2", "v1.0.0-1", "V1.0.0-rc.1", "5.2.15-2+b13",
    ],
)  # fmt: skip
def test_prereleases_are_known(text: str) -> None:
    assert place(text).is_prerelease


@pytest.mark.parametrize(
    "text",
    ["1.0.0", "1", "1.0.post1", "1.0.0+build", "1.0+local", "2024.1", "v1.0.0", "v1.0.0+b", "1.0-1"],
)
def test_releases_are_known(text: str) -> None:
    assert not place(text).is_prerelease


def test_an_order_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        place("1.0").key = place("2.0").key  # type: ignore[misc]  # assigning is what must fail


@given(semver_names, semver_names)
def test_semver_pairs_compare_as_the_semver_library_says(left: str, right: str) -> None:
    assert comparison(place(left), place(right)) == semver.Version.parse(left).compare(right)


def comparable_by_pep_440(name: str) -> bool:
    # The bare x.y.z is the same in both schemes; with a suffix, SemVer's reading wins.
    bare = name.removeprefix("v")
    return order_of(name) is not None and (not is_semver(bare) or not ({"-", "+"} & set(name)))


@given(python_names.filter(comparable_by_pep_440), python_names.filter(comparable_by_pep_440))
def test_pep_440_pairs_compare_as_packaging_says(left: str, right: str) -> None:
    first, second = PythonVersion(left), PythonVersion(right)
    assert comparison(place(left), place(right)) == (first > second) - (first < second)
    assert place(left).is_prerelease == first.is_prerelease


@given(ordered_names, ordered_names, ordered_names)
def test_the_order_is_total_across_both_schemes(first: str, second: str, third: str) -> None:
    a, b, c = place(first), place(second), place(third)
    assert comparison(a, b) == -comparison(b, a)
    assert (comparison(a, b) == 0) == (a == b)
    if a <= b <= c:
        assert a <= c


@given(st.one_of(st.text(max_size=140), st.text(alphabet="0123456789.-+v!abcpost", max_size=20)))
@example("1-00")
@example("v1.2.3-4")
def test_a_place_exists_exactly_for_legal_names_of_one_of_the_schemes(text: str) -> None:
    try:
        python = PythonVersion(text)
    except InvalidVersion:
        python = None
    # Only the short form of a post-release may be left out: 1.0-1 after three numbers, or with more behind.
    may_be_left_out = python is not None and python.post is not None and "-" in text
    is_semantic = is_semver(text[1:] if text[:1] in ("v", "V") else text)
    legal = is_version(text)
    if order_of(text) is None:
        assert not legal or (not is_semantic and (python is None or may_be_left_out))
    else:
        assert legal
        assert is_semantic or python is not None


def test_a_thousand_versions_are_worked_out_once() -> None:
    names = [
        f"{n % 7}.{n % 50}.{n}" + ("-rc.1" if n % 3 == 0 else ".post1" if n % 5 == 0 else "")
        for n in range(1000)
    ]
    order_of.cache_clear()

    for _ in range(3):
        for name in names:
            order_of(name)

    assert order_of.cache_info().misses == len(names)
