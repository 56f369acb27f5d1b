"""Ranges of versions: what they admit, and where one that is none is not understood any more."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.versions.version_names import place, semver_names
from wxcloudrun.versions.errors import RangeNotUnderstood
from wxcloudrun.versions.rules.choices import read_as
from wxcloudrun.versions.rules.grammar import may_be_range
from wxcloudrun.versions.rules.ranges import VersionRange, read_range
from wxcloudrun.versions.rules.schemes import SCHEMES

pytestmark = pytest.mark.unit


def in_range(text: str, version: str) -> bool:
    return read_range(text).contains(place(version))


def reading(text: str) -> VersionRange | RangeNotUnderstood:
    """Return the range, or the refusal of one that is none."""
    try:
        return read_range(text)
    except RangeNotUnderstood as error:
        return error


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
        ("~=2.2.post3", ["2.2.post3", "2.9"], ["2.2", "3.0"]),
        ("~=1.4.5", ["1.4.5", "1.4.9"], ["1.4.4", "1.5"]),
        (">=1,<2", ["1", "1.0.0", "1.99.post1"], ["0.9", "2.0"]),
        (">=1 <2", ["1.5"], ["2.0"]),
        (" >= 1 , < 2\t!=1.5 ", ["1.4"], ["1.5.0", "2.0"]),
        (">1", ["1.0.1", "2"], ["1.0.0"]),
        ("<=1.5", ["1.5.0", "1.5+local"], ["1.5.1"]),
        ("=1.5", ["1.5.0", "1.5.0+build", "1.5+local", "1.5.1"], ["1.6", "1.4.9"]),
        ("=1.5.0", ["1.5.0", "1.5.0+build", "1.5+local"], ["1.5.1"]),
        ("==1.5", ["1.5.0", "1.5.0+build", "1.5+local"], ["1.5.1"]),
        ("==2.1.0+cu121", ["2.1.0+cu121", "2.1+cu121", "v2.1.0+CU121"], ["2.1.0+cu118", "2.1.0", "2.1.1"]),
        ("==1.0.0+a-b.01", ["1.0.0+a.b.1"], ["1.0.0+a.b.2"]),
        ("!=2.1.0+cu121", ["2.1.0+cu118", "2.1.0"], ["2.1.0+cu121"]),
        (">=2.1.0+cu121", ["2.1.0+cu118", "2.1.0"], ["2.0.9"]),
        (">1.0", ["1.0.1", "1.1"], ["1.0", "1.0.post1", "1.0+deb1", "1.0.0+build"]),
        (">1.0.post1", ["1.0.post2", "1.0.1"], ["1.0.post1", "1.0", "1.0.post1+local"]),
        (">1.0rc1", ["1.0", "1.0.post1"], ["0.9"]),
        ("<1.0.post1", ["1.0", "0.9"], ["1.0.post1", "1.0.post2"]),
        ("<=1.0", ["1.0", "0.9", "1.0+deb1"], ["1.0.post1", "1.0.1"]),
        ("<=0.7.x", ["0.7.2", "0.7.0", "0.6"], ["0.8.0"]),
        (">=0.7.x", ["0.7.0", "0.8.0"], ["0.6.9"]),
        (">0.7.x", ["0.8.0", "1.0"], ["0.7.0", "0.7.9", "0.7.9.post1"]),
        ("<0.7.x", ["0.6.9"], ["0.7.0", "0.7.2"]),
        (">=1.x", ["1.0.0", "2.0"], ["0.9"]),
        ("<1.x", ["0.9"], ["1.0.0", "1.5"]),
        ("!=1.x", ["0.9", "2.0"], ["1.0.0", "1.5"]),
        (">*", [], ["0.0.0", "1!9.9.9"]),
        ("<x", [], ["0.0.0", "1.0"]),
        ("!=*", [], ["1.0"]),
        ("^x", ["0.0.1", "9"], []),
        ("~>1.2", ["1.2.0", "1.2.9"], ["1.3.0", "1.1"]),
        ("~> 1", ["1.9"], ["2.0"]),
        ("1.0.0 - 2.0.0", ["1.0.0", "1.5", "2.0.0"], ["0.9.9", "2.0.1", "2.0.0.post1"]),
        ("1.2 - 2", ["1.2.0", "2.9.9"], ["1.1.9", "3.0.0"]),
        ("1.x - 2.3", ["1.0.0", "2.3.9"], ["0.9", "2.4.0"]),
        ("1.0.0 - 2.0.0.1", ["2.0.0.1"], ["2.0.0.2"]),
        ("1!1.0.0 - 1!2", ["1!2.5"], ["1.5", "1!3"]),
        ("^1 || ^2", ["1.5", "2.5"], ["0.9", "3.0"]),
        ("^1||^2", ["1.5", "2.5"], ["3.0"]),
        (">=1 <2 || ^3", ["1.5", "3.5"], ["2.5", "4.0"]),
        (">=1,<2||^3", ["1.5", "3.5"], ["2.5", "4.0"]),
        ("1.2.3 || 2", ["1.2.3", "2.9"], ["1.2.4", "3.0"]),
        (">=1 2.0.0", ["2.0.0"], ["1.0.0", "2.0.1"]),
        ("v1.2.3 || =v2.0.0", ["1.2.3", "2.0.0"], ["1.2.4"]),
        (">=v1.2", ["1.2.0"], ["1.1"]),
        (">=1\n<2\t", ["1.5"], ["2.5"]),
        ("1.x+build", ["1.5"], ["2.0"]),
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
    ("text", "position"),
    [
        ("[1.0,2.0)", 0), ("(,1.0]", 0), ("===1.0", 2), ("==", 2), (">=", 2), ("^", 1), ("^^1", 1),
        ("", 0), (" ", 1), (",", 0), (">=1,", 4), (",>=1", 0), (">=1,,<2", 4), (">=1<2", 3),
        ("||", 0), ("^1 ||", 5), ("|| ^1", 0), ("^1 || || ^2", 6), ("^1 | ^2", 3),
        ("^nightly", 1), (">=1.0,<nightly", 7), ("^1.2.3.Final", 1), (">=1.2 <=1.x.beta", 8),
        ("~=1", 2), ("~=1.*", 2), ("~=*", 2), ("1.*.2", 0), ("==2.0a1.*", 2), ("=>2.0", 1), ("^1!*", 1),
        ("1.0 -2.0", 4), ("1.0 - ", 6), ("- 2.0", 0), (">=1.0 - 2.0", 6), ("1 - 2 - 3", 6), ("1 || - 2", 5),
        ("v 1.2.3", 0), (">=1 é", 4), ("^" + "1" * 256, 256), (">=1 " * 16 + "<2", 64), ("^1.2.3\0", 6),
        ("^" + "9" * 200, 1),
    ],
)  # fmt: skip
def test_what_is_no_range_says_where_it_is_not_understood(text: str, position: int) -> None:
    with pytest.raises(RangeNotUnderstood) as refused:
        read_range(text)
    assert refused.value.position == position
    assert refused.value.facts == {"range": text, "position": position}
    assert refused.value.status == 404


@pytest.mark.parametrize(
    "text", ["^1.2", "~1", ">=1", "[1.0,2.0)", "===1.0", "1.x", "x", "*", "!=1", "^1 || ^2", "1 - 2", "!~"]
)
def test_what_looks_like_a_range_may_be_one(text: str) -> None:
    assert may_be_range(text)


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3", "v1.2.3", "1.2", "latest", "nightly", "1!2.0", "1:2.30-1~deb12u1", "1.0^git1-1", "xyz",
        "1.2.3-x", "1.0.0-rc.1+x", "a_b", "max", "",
    ],
)  # fmt: skip
def test_what_looks_like_a_name_is_none(text: str) -> None:
    assert not may_be_range(text)


def test_given_16_comparators_when_parsed_then_all_of_them_hold() -> None:
    text = ",".join([">=1"] * 15 + ["<2"])
    assert in_range(text, "1.5")
    assert not in_range(text, "2.5")


@given(st.one_of(st.text(max_size=300), st.text(alphabet="^~<>=!*xX.,0123456789 v-+", max_size=60)))
@example("^" * 256)
@example(">=" + "1." * 127)
@example(">=" + "9" * 127)
def test_parsing_arbitrary_text_answers_a_range_or_where_it_is_none(text: str) -> None:
    found = reading(text)
    if isinstance(found, RangeNotUnderstood):
        assert 0 <= found.position <= len(text)


@pytest.mark.parametrize("piece", ["1.", "1", "*", ".x", "^", " ", ",", "-", "!", "=1!", "v"])
def test_parsing_comes_to_an_end(piece: str) -> None:
    # A pattern that tries every way to divide such a text would not be slow but go on for ever.
    for prefix in (">=", "", "^1.", "1!"):
        text = prefix + (piece * 256)[:250]
        assert isinstance(reading(text), VersionRange | RangeNotUnderstood)
        with contextlib.suppress(RangeNotUnderstood):
            read_as(text, SCHEMES)


@given(semver_names.filter(lambda name: "-" not in name))
def test_every_release_lies_inside_its_own_ranges(name: str) -> None:
    core = name.partition("+")[0]
    for text in (f"^{core}", f"~{core}", f"~={core}", f">={core}", f"<={core}", f"=={core}", f"{core[:-1]}*"):
        if isinstance(reading(text), VersionRange):
            assert in_range(text, name), text
    assert not in_range(f"<{core}", name)
    assert not in_range(f">{core}", name)
    assert not in_range(f"!={core}", name)
