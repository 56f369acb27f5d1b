"""The choice of the version that `latest` or a range means."""

import itertools
from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.versions.plain_choice import plainly_chosen
from tests.unit.versions.version_names import any_names, place
from wxcloudrun.versions.errors import RangeNotUnderstood
from wxcloudrun.versions.rules.arrangement import Arrangement
from wxcloudrun.versions.rules.choices import EVERYTHING, Choice, Exclusion, VersionCandidate
from wxcloudrun.versions.rules.schemes import SCHEMES

pytestmark = pytest.mark.unit


def listed(*versions: str) -> list[VersionCandidate]:
    return [
        VersionCandidate(version, sequence, available=True)
        for sequence, version in enumerate(versions, start=1)
    ]


def choose(candidates: Iterable[VersionCandidate], wanted: str = EVERYTHING) -> Choice:
    return Arrangement(candidates).choose(wanted, limit=1000)


def test_latest_is_the_highest_release_and_not_the_last_upload() -> None:
    choice = choose(listed("1.10.0", "1.9.0", "2.0.0-rc.1"))
    assert choice.chosen == "1.10.0"
    assert choice.matching == ("1.10.0", "1.9.0")
    assert choice.excluded == (Exclusion("2.0.0-rc.1", "prerelease"),)


def test_a_range_means_the_highest_release_inside_it() -> None:
    choice = choose(listed("1.1.0", "1.2.0", "1.9.0", "2.0.0"), "^1.2")
    assert choice.chosen == "1.9.0"
    assert choice.matching == ("1.9.0", "1.2.0")
    assert choice.excluded == (Exclusion("2.0.0", "outside_range"), Exclusion("1.1.0", "outside_range"))


def test_what_is_left_out_says_why_with_the_latest_publication_first() -> None:
    waiting = VersionCandidate("1.5.0", 9, available=False)
    yanked = [
        VersionCandidate(name, 10 + int(name[0]), available=True, yanked=True) for name in ("1.6.0", "2.6.0")
    ]
    choice = choose([*listed("nightly", "1.2.0-rc.1", "3.0.0", "1.0.0"), waiting, *yanked], ">=1,<2")
    assert choice.matching == ("1.0.0",)
    assert choice.excluded == (
        Exclusion("2.6.0", "outside_range"),
        Exclusion("1.6.0", "yanked"),
        Exclusion("1.5.0", "no_bytes"),
        Exclusion("3.0.0", "outside_range"),
        Exclusion("1.2.0-rc.1", "prerelease"),
        Exclusion("nightly", "not_ordered"),
    )


@pytest.mark.parametrize("text", ["*", ">=1.0.0-alpha", "^1.0.0-alpha", "==1.0.0-beta.2"])
def test_a_range_never_means_a_prerelease_even_if_it_names_one(text: str) -> None:
    choice = choose(listed("1.0.0-beta.2"), text)
    assert choice.chosen is None
    assert choice.excluded == (Exclusion("1.0.0-beta.2", "prerelease"),)


@pytest.mark.parametrize(
    "pair", [("1.0", "1.0.0"), ("1.0.0", "1.0"), ("1.0.0+b", "1.0.0+a"), ("1.0.0+a", "1.0.0+b")]
)
def test_among_equals_the_later_publication_wins(pair: tuple[str, str]) -> None:
    earlier, later = pair
    choice = choose(listed(earlier, later))
    assert choice.matching == (later, earlier)


def test_of_nothing_nothing_is_chosen() -> None:
    choice = choose([])
    assert (choice.chosen, choice.matching, choice.excluded) == (None, (), ())


@given(
    st.lists(any_names, unique=True, max_size=8),
    st.sampled_from([EVERYTHING, "^1", ">=0.5,<3", "*", "1.*", "!=1.0"]),
    st.randoms(use_true_random=False),
)
def test_the_choice_does_not_depend_on_the_order_of_the_candidates(
    names: list[str], wanted: str, random: Random
) -> None:
    candidates = [VersionCandidate(name, sequence, sequence % 3 != 0) for sequence, name in enumerate(names)]
    shuffled = list(candidates)
    random.shuffle(shuffled)
    choice = choose(candidates, wanted)
    assert choose(iter(shuffled), wanted) == choice
    accounted = [*choice.matching, *(exclusion.version for exclusion in choice.excluded)]
    assert sorted(accounted) == sorted(names)
    places = [place(version) for version in choice.matching]
    assert all(higher >= lower for higher, lower in itertools.pairwise(places))


@given(
    st.lists(st.tuples(any_names, st.sampled_from(list(SCHEMES)), st.booleans(), st.booleans()), max_size=12),
    st.sampled_from(
        [
            EVERYTHING, "^1", ">=0.5,<3", "1.*", "!=1.0", "!=1.*,<2", "<1 || >=2,!=2.1", "==1.0+cu118",
            "!=1.0+cu118", ">2,<1", "=1.0-1", "~1.0",
        ]
    ),
    st.integers(1, 5),
)  # fmt: skip
def test_an_arrangement_chooses_what_is_plain(
    drawn: list[tuple[str, str | None, bool, bool]], wanted: str, limit: int
) -> None:
    candidates = [
        VersionCandidate(name, sequence, available, scheme, yanked=yanked)
        for sequence, (name, scheme, available, yanked) in enumerate(drawn)
    ]
    try:
        expected = plainly_chosen(candidates, wanted)
    except RangeNotUnderstood:
        with pytest.raises(RangeNotUnderstood):
            Arrangement(candidates).choose(wanted, limit)
        return

    found = Arrangement(candidates).choose(wanted, limit)
    assert found == Choice(expected.matching[:limit], expected.excluded[:limit])


# Versions that packages of distributions said themselves


def debian(version: str, sequence: int) -> VersionCandidate:
    return VersionCandidate(version, sequence, available=True, scheme="deb")


def rpm(version: str, sequence: int) -> VersionCandidate:
    return VersionCandidate(version, sequence, available=True, scheme="rpm")


def test_debian_versions_are_ordered_by_dpkg_and_a_revision_is_no_prerelease() -> None:
    names = ["5.1-2+deb11u1", "5.2.15-2+b13", "5.2~rc1-1", "5.1-10", "1:4.0-1"]
    choice = choose(debian(name, sequence) for sequence, name in enumerate(names))
    assert choice.matching == ("1:4.0-1", "5.2.15-2+b13", "5.2~rc1-1", "5.1-10", "5.1-2+deb11u1")
    assert choice.excluded == ()


def test_rpm_versions_are_ordered_by_rpm_and_a_release_is_no_prerelease() -> None:
    names = ["9.16.23-14.el9", "9.16.23-2.el9", "9.16^20240101-1", "9.16~rc1-1", "32:1.0-1"]
    choice = choose(rpm(name, sequence) for sequence, name in enumerate(names))
    assert choice.matching == (
        "32:1.0-1", "9.16.23-14.el9", "9.16.23-2.el9", "9.16^20240101-1", "9.16~rc1-1",
    )  # fmt: skip
    assert choice.excluded == ()


def test_of_schemes_that_do_not_compare_the_one_goes_first_whose_match_was_published_last() -> None:
    mixed = [*listed("1.0.0", "3.0.0"), debian("2.0-1", 3), rpm("2.5-1", 4), debian("1.9-1", 5)]
    assert choose(mixed).matching == ("2.0-1", "1.9-1", "2.5-1", "3.0.0", "1.0.0")
    assert choose(mixed, "<=2.5").matching == ("2.0-1", "1.9-1", "2.5-1", "1.0.0")
    assert choose(mixed, ">=2.5").matching == ("2.5-1", "3.0.0")


def test_a_range_that_only_one_scheme_reads_admits_only_its_versions() -> None:
    mixed = [*listed("1.0.0"), debian("1:2.0-1~bpo1", 2)]
    choice = choose(mixed, ">=1:2.0-1~bpo1")
    assert choice.matching == ("1:2.0-1~bpo1",)
    assert choice.excluded == (Exclusion("1.0.0", "outside_range"),)


@pytest.mark.parametrize("candidates", [[], listed("1.0.0", "nightly")])
def test_a_range_that_no_scheme_of_the_package_reads_is_refused(candidates: list[VersionCandidate]) -> None:
    with pytest.raises(RangeNotUnderstood) as refused:
        choose(candidates, ">=1.0,>=1:2.0-1~bpo1")
    assert refused.value.position == 8
