"""Version names, their order, ranges, and the choice of the version that a ref means."""

import itertools
import time
from random import Random

import pytest
import semver
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion

from wxcloudrun.versions.rules import (
    Candidate,
    Exclusion,
    VersionOrder,
    VersionRange,
    choose,
    is_semver,
    order_of,
    parse_range,
    version_problem,
)

pytestmark = pytest.mark.unit

numbers = st.integers(min_value=0, max_value=12)
words = st.sampled_from(["alpha", "beta", "rc", "dev", "x", "rc1", "0a", "-", "SNAPSHOT"])
identifiers = st.lists(st.one_of(numbers.map(str), words), min_size=1, max_size=3).map(".".join)
semver_names = st.builds(
    lambda core, pre, build: ".".join(map(str, core)) + pre + build,
    st.tuples(numbers, numbers, numbers),
    st.one_of(st.just(""), identifiers.map(lambda text: f"-{text}")),
    st.one_of(st.just(""), identifiers.map(lambda text: f"+{text}")),
)
python_names = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", "1!", "v"]),
        st.lists(numbers.map(str), min_size=1, max_size=4).map(".".join),
        st.sampled_from(["", "", "a0", "a1", "b2", "rc1", "rc10", ".alpha3"]),
        st.sampled_from(["", "", ".post0", ".post2", "-3"]),
        st.sampled_from(["", "", ".dev0", ".dev7"]),
        st.sampled_from(["", "", "+abc", "+abc.5", "+7"]),
    ),
)
ordered_names = st.one_of(semver_names, python_names)
any_names = st.one_of(ordered_names, st.sampled_from(["nightly", "2024-05-01", "1.2.3.Final", "build_7"]))


def place(name: str) -> VersionOrder:
    order = order_of(name)
    assert order is not None, name
    return order


def comparison(left: VersionOrder, right: VersionOrder) -> int:
    return (left > right) - (left < right)


def in_range(text: str, version: str) -> bool:
    wanted = parse_range(text)
    assert wanted is not None, text
    return wanted.contains(place(version))


def listed(*versions: str) -> list[Candidate]:
    return [
        Candidate(version, sequence, available=True) for sequence, version in enumerate(versions, start=1)
    ]


# Names


@pytest.mark.parametrize("text", ["1", "1.2.3-rc.1+build.5", "1:2.3-4~deb12u1", "nightly", "!~", "x" * 128])
def test_a_version_is_1_to_128_printable_ascii_characters(text: str) -> None:
    assert version_problem(text) is None


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
    assert version_problem(text)


@pytest.mark.parametrize("text", ["0.0.0", "1.2.3", "1.0.0-alpha.1", "1.0.0-0A.is.legal", "1.2.3+001"])
def test_semver_to_the_letter(text: str) -> None:
    assert is_semver(text)


@pytest.mark.parametrize(
    "text",
    ["1", "1.2", "v1.2.3", "01.2.3", "1.2.3-01", "1.2.3-", "1.2.3+", "1.2.3.4", "1.2.3\n", "9" * 5000, ""],
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
    ],
)
def test_names_that_mean_the_same_share_a_place(left: str, right: str) -> None:
    assert place(left) == place(right)
    assert hash(place(left)) == hash(place(right))


@pytest.mark.parametrize(
    "text", ["nightly", "1.2.3.Final", "2024-05-01", "", "1 ", " 1", "1/2", "1" * 129, "१.२.३"]
)
def test_what_is_neither_semver_nor_pep_440_has_no_place(text: str) -> None:
    assert order_of(text) is None


@pytest.mark.parametrize(
    "text", ["1.0.0-1", "1.0.0-alpha", "1.0a1", "1.0.dev3", "1.0.post1.dev2", "1.0rc1.post1"]
)
def test_prereleases_are_known(text: str) -> None:
    assert place(text).is_prerelease


@pytest.mark.parametrize("text", ["1.0.0", "1", "1.0.post1", "1.0.0+build", "1.0+local", "2024.1"])
def test_releases_are_known(text: str) -> None:
    assert not place(text).is_prerelease


def test_an_order_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        place("1.0").public = place("2.0").public  # type: ignore[misc]


@given(semver_names, semver_names)
def test_semver_pairs_compare_as_the_semver_library_says(left: str, right: str) -> None:
    assert comparison(place(left), place(right)) == semver.Version.parse(left).compare(right)


def comparable_by_pep_440(name: str) -> bool:
    # The bare x.y.z is the same in both schemes; with a suffix, SemVer's reading wins.
    return not is_semver(name) or not ({"-", "+"} & set(name))


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


@given(st.text(max_size=140))
def test_a_place_exists_exactly_for_legal_names_of_one_of_the_schemes(text: str) -> None:
    try:
        is_python = bool(PythonVersion(text))
    except InvalidVersion:
        is_python = False
    legal = version_problem(text) is None
    assert (order_of(text) is not None) == (legal and (is_python or is_semver(text)))


# Ranges


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.2", ["1.2", "1.2.0", "1.9.9", "1.10.0"], ["1.1.9", "2.0.0", "0.2"]),
        ("^1.2.3", ["1.2.3", "1.99"], ["1.2.2", "2.0"]),
        ("^0.2.3", ["0.2.3", "0.2.99"], ["0.2.2", "0.3.0", "1.0.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.2", "0.0.4"]),
        ("^0.0", ["0.0.0", "0.0.9"], ["0.1.0"]),
        ("^0", ["0.0.1", "0.99"], ["1.0.0"]),
        ("^1.x", ["1.0.0", "1.9"], ["2.0.0", "0.9"]),
        ("^1.2.3-beta.2", ["1.2.3-beta.4", "1.2.3", "1.3.0"], ["1.2.3-beta.1", "2.0.0"]),
        ("~2.0", ["2.0.0", "2.0.7"], ["2.1.0", "1.9"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.2.2", "1.3.0"]),
        ("~2", ["2.0", "2.9.9"], ["3.0.0", "1.9"]),
        ("~0", ["0.1"], ["1.0"]),
        ("~1.2.x", ["1.2.0", "1.2.9"], ["1.3", "1.1"]),
        ("~=1.4", ["1.4", "1.9"], ["1.3", "2.0"]),
        ("~=1.4.5", ["1.4.5", "1.4.9"], ["1.4.4", "1.5"]),
        (">=1,<2", ["1", "1.0.0", "1.99.post1"], ["0.9", "2.0"]),
        (">=1 <2", ["1.5"], ["2.0"]),
        (" >= 1 , < 2\t!=1.5 ", ["1.4"], ["1.5.0", "2.0"]),
        (">1", ["1.0.1", "2"], ["1.0.0"]),
        ("<=1.5", ["1.5.0", "1.5+local"], ["1.5.1"]),
        ("=1.5", ["1.5.0", "1.5.0+build", "1.5+local"], ["1.5.1"]),
        ("==1.5+local", ["1.5+local"], ["1.5", "1.5+other"]),
        ("!=1.5", ["1.4", "1.5.1"], ["1.5", "1.5.0"]),
        ("1.*", ["1.0.0", "1.9"], ["2.0", "0.9"]),
        ("1.x", ["1.0.0", "1.9"], ["2.0"]),
        ("1.2.X", ["1.2.7"], ["1.3"]),
        ("1.x.x", ["1.7"], ["2.0"]),
        ("==1.2.*", ["1.2.7"], ["1.3"]),
        ("!=1.*", ["2.0", "0.9"], ["1.0", "1.9"]),
        ("*", ["0.0.1", "1!7"], []),
        (">=1!2.0", ["1!2.1"], ["3.0", "1!1.0"]),
        ("^1!1.2", ["1!1.3"], ["1!2.0", "1.3", "2!1.3"]),
    ],
)
def test_a_range_admits_what_its_operators_say(text: str, inside: list[str], outside: list[str]) -> None:
    assert [version for version in inside if not in_range(text, version)] == []
    assert [version for version in outside if in_range(text, version)] == []


@pytest.mark.parametrize("text", ["<2.0", ">=1,<2", "^1.2", "~=1.4", "1.*", "<2.0.0", "~1"])
@pytest.mark.parametrize("version", ["2.0.0-rc.1", "2.0rc1", "2.0.dev1", "2.0.0-0"])
def test_an_upper_bound_keeps_the_prereleases_of_the_next_release_out(text: str, version: str) -> None:
    assert not in_range(text, version)


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3",
        "v1.2.3",
        "latest",
        "x",
        "",
        " ",
        ",",
        ">=1,",
        ",>=1",
        ">=1,,<2",
        ">=1<2",
        "^",
        "^^1",
        "^nightly",
        "~=1",
        "~=1.*",
        ">=1.*",
        "<2.x",
        "===1.0",
        "~>1.0",
        "1.2 - 2.3",
        "^1 || ^2",
        ">=1 2.0.0",
        "1.*.2",
        "^1.2.3.Final",
        ">=1\n<2",
        "^" + "1" * 256,
        ">=1 " * 16 + "<2",
    ],
)
def test_what_is_no_range_is_none(text: str) -> None:
    assert parse_range(text) is None


def test_given_16_comparators_when_parsed_then_all_of_them_hold() -> None:
    text = ",".join([">=1"] * 15 + ["<2"])
    assert in_range(text, "1.5")
    assert not in_range(text, "2.5")


@given(st.one_of(st.text(max_size=300), st.text(alphabet="^~<>=!*xX.,0123456789 v-+", max_size=60)))
@example("^" * 256)
@example(">=" + "1." * 127)
@example(">=" + "9" * 127)
def test_parsing_arbitrary_text_answers_a_range_or_none(text: str) -> None:
    assert isinstance(parse_range(text), VersionRange | None)


@pytest.mark.parametrize("piece", ["1.", "1", "*", ".x", "^", " ", ",", "-", "!", "=1!", "v"])
def test_parsing_is_never_slow(piece: str) -> None:
    started = time.perf_counter()
    parse_range(">=" + (piece * 256)[:250])
    assert time.perf_counter() - started < 0.05


@given(semver_names.filter(lambda name: "-" not in name))
def test_every_release_lies_inside_its_own_ranges(name: str) -> None:
    core = name.partition("+")[0]
    for text in (f"^{core}", f"~{core}", f"~={core}", f">={core}", f"<={core}", f"=={core}", f"{core[:-1]}*"):
        if parse_range(text) is not None:
            assert in_range(text, name), text
    assert not in_range(f"<{core}", name)
    assert not in_range(f">{core}", name)
    assert not in_range(f"!={core}", name)


# Choice


def test_latest_is_the_highest_release_and_not_the_last_upload() -> None:
    choice = choose(listed("1.10.0", "1.9.0", "2.0.0-rc.1"), None)
    assert choice.chosen == Candidate("1.10.0", 1, available=True)
    assert choice.matching == ("1.10.0", "1.9.0")
    assert choice.excluded == (Exclusion("2.0.0-rc.1", "prerelease"),)


def test_a_range_means_the_highest_release_inside_it() -> None:
    choice = choose(listed("1.1.0", "1.2.0", "1.9.0", "2.0.0"), parse_range("^1.2"))
    assert choice.chosen is not None
    assert choice.chosen.version == "1.9.0"
    assert choice.matching == ("1.9.0", "1.2.0")
    assert choice.excluded == (Exclusion("2.0.0", "outside_range"), Exclusion("1.1.0", "outside_range"))


def test_what_is_left_out_says_why_with_the_latest_publication_first() -> None:
    waiting = Candidate("1.5.0", 9, available=False)
    choice = choose([*listed("nightly", "1.2.0-rc.1", "3.0.0", "1.0.0"), waiting], parse_range(">=1,<2"))
    assert choice.matching == ("1.0.0",)
    assert choice.excluded == (
        Exclusion("1.5.0", "no_bytes"),
        Exclusion("3.0.0", "outside_range"),
        Exclusion("1.2.0-rc.1", "prerelease"),
        Exclusion("nightly", "not_ordered"),
    )


@pytest.mark.parametrize("text", ["*", ">=1.0.0-alpha", "^1.0.0-alpha", "==1.0.0-beta.2"])
def test_a_range_never_means_a_prerelease_even_if_it_names_one(text: str) -> None:
    choice = choose(listed("1.0.0-beta.2"), parse_range(text))
    assert choice.chosen is None
    assert choice.excluded == (Exclusion("1.0.0-beta.2", "prerelease"),)


@pytest.mark.parametrize(
    "pair", [("1.0", "1.0.0"), ("1.0.0", "1.0"), ("1.0.0+b", "1.0.0+a"), ("1.0.0+a", "1.0.0+b")]
)
def test_among_equals_the_later_publication_wins(pair: tuple[str, str]) -> None:
    earlier, later = pair
    choice = choose(listed(earlier, later), None)
    assert choice.matching == (later, earlier)


def test_of_nothing_nothing_is_chosen() -> None:
    choice = choose([], None)
    assert (choice.chosen, choice.matching, choice.excluded) == (None, (), ())


@given(
    st.lists(any_names, unique=True, max_size=8),
    st.sampled_from([None, "^1", ">=0.5,<3", "*", "1.*", "!=1.0"]),
    st.randoms(use_true_random=False),
)
def test_the_choice_does_not_depend_on_the_order_of_the_candidates(
    names: list[str], text: str | None, random: Random
) -> None:
    wanted = parse_range(text) if text else None
    candidates = [Candidate(name, sequence, sequence % 3 != 0) for sequence, name in enumerate(names)]
    shuffled = list(candidates)
    random.shuffle(shuffled)
    choice = choose(candidates, wanted)
    assert choose(iter(shuffled), wanted) == choice
    accounted = [*choice.matching, *(exclusion.version for exclusion in choice.excluded)]
    assert sorted(accounted) == sorted(names)
    places = [place(version) for version in choice.matching]
    assert all(higher >= lower for higher, lower in itertools.pairwise(places))


def test_a_thousand_versions_are_ordered_within_their_budget() -> None:
    names = [
        f"{n % 7}.{n % 50}.{n}" + ("-rc.1" if n % 3 == 0 else ".post1" if n % 5 == 0 else "")
        for n in range(1000)
    ]
    order_of.cache_clear()
    cold = min(_seconds_to_order(names, cleared=True) for _ in range(5))
    warm = min(_seconds_to_order(names, cleared=False) for _ in range(5))
    assert cold < 0.030
    assert warm < 0.002


def _seconds_to_order(names: list[str], *, cleared: bool) -> float:
    if cleared:
        order_of.cache_clear()
    started = time.perf_counter()
    for name in names:
        order_of(name)
    return time.perf_counter() - started
