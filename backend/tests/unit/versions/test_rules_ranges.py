"""Ranges of versions, and the choice of the version that a ref means."""

import itertools
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.versions.version_names import any_names, place, semver_names
from wxcloudrun.versions.rules import Candidate, Exclusion, VersionRange, choose, parse_range

pytestmark = pytest.mark.unit


def in_range(text: str, version: str) -> bool:
    wanted = parse_range(text)
    assert wanted is not None, text
    return wanted.contains(place(version))


def listed(*versions: str) -> list[Candidate]:
    return [
        Candidate(version, sequence, available=True) for sequence, version in enumerate(versions, start=1)
    ]


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
def test_parsing_comes_to_an_end(piece: str) -> None:
    # A pattern that tries every way to divide such a text would not be slow but go on for ever.
    for prefix in (">=", "", "^1.", "1!"):
        assert isinstance(parse_range(prefix + (piece * 256)[:250]), VersionRange | None)


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
