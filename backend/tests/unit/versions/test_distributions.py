"""The orders of dpkg and rpm, compared with dpkg itself and with the vectors that rpm publishes."""

import itertools
import shutil
import subprocess
from random import Random

import pytest

from tests.unit.versions.oracles import read_table
from wxcloudrun.versions.rules.debian import debian_place
from wxcloudrun.versions.rules.ranges import read_range
from wxcloudrun.versions.rules.rpm import rpm_place
from wxcloudrun.versions.rules.schemes import GENERAL, SCHEMES, Scheme, scheme_of_file

pytestmark = pytest.mark.unit

DEBIAN_FROM_LOW_TO_HIGH = [
    "0~~", "0~", "0", "0.1", "1.0~beta1~svn1245", "1.0~beta1", "1.0~rc1-1", "1.0", "1.0-0.1", "1.0-1~bpo11+1",
    "1.0-1~deb12u1", "1.0-1", "1.0-1ubuntu1", "1.0-1ubuntu1.1", "1.0-1+b1", "1.0-1+deb11u1", "1.0-1+deb11u2",
    "1.0-1.1", "1.0-2", "1.0-10", "1.0a", "1.0a-1", "1.0b-1", "1.0+dfsg-1", "1.0+git20240101-1", "1.0.1-1",
    "1.2.3-4", "1.2.3-4-5", "1.10-1", "5.1-2+deb11u1", "5.2.15-2+b13", "9Z-1", "9z-1", "9+-1", "20240101-1",
    "1:0~0-1", "1:1.2.3-4~deb12u1", "2:0-1",
]  # fmt: skip
DEBIAN_EQUAL = [("1.0", "1.0-0"), ("0:1.0", "1.0"), ("1.00", "1.0"), ("1.0-1", "1.000-01"), ("1.", "1.0"),
                ("1a", "1a0")]  # fmt: skip
RPM_FROM_LOW_TO_HIGH = [
    "1.0~rc1-1", "1.0", "1.0-0.1.rc1.el9", "1.0-1.el9", "1.0-1.el9_4", "1.0-2.el9", "1.0-10.el9",
    "1.0^20240101git-1", "1.0^20240102git-1", "1.0a-1", "1.0.1-1", "1.2-1", "1.10-1", "9.16.23-14.el9",
    "0032:9.16.23-14.el9", "33:1-1",
]  # fmt: skip


def compare(scheme: Scheme, left: str, right: str) -> int:
    first, second = scheme.place(left), scheme.place(right)
    assert first is not None, left
    assert second is not None, right
    return (first.key > second.key) - (first.key < second.key)


def asked_of_dpkg(left: str, right: str) -> int:
    """Return what dpkg itself says about two versions."""
    for relation, order in (("lt", -1), ("eq", 0)):
        told = subprocess.run(["dpkg", "--compare-versions", left, relation, right], check=False)
        if told.returncode == 0:
            return order
    return 1


needs_dpkg = pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed here")


@pytest.mark.parametrize(("lower", "higher"), [*itertools.pairwise(DEBIAN_FROM_LOW_TO_HIGH)])
def test_debian_versions_stand_in_the_order_of_dpkg(lower: str, higher: str) -> None:
    assert compare(SCHEMES["deb"], lower, higher) == -1
    assert compare(SCHEMES["deb"], higher, lower) == 1


@pytest.mark.parametrize(("left", "right"), DEBIAN_EQUAL)
def test_debian_versions_that_dpkg_calls_equal_share_a_place(left: str, right: str) -> None:
    assert debian_place(left) == debian_place(right)


@needs_dpkg
def test_dpkg_itself_says_the_same_about_the_table() -> None:
    pairs = [*itertools.pairwise(DEBIAN_FROM_LOW_TO_HIGH), *DEBIAN_EQUAL]
    told = {pair: asked_of_dpkg(*pair) for pair in pairs}
    assert {pair: compare(SCHEMES["deb"], *pair) for pair in pairs} == told


@needs_dpkg
def test_dpkg_itself_says_the_same_about_versions_made_at_random() -> None:
    random = Random(20)

    def made() -> str:
        part = "".join(random.choices("0012aZ.+~", k=random.randrange(5)))
        revision = "".join(random.choices("01a.+~", k=random.randrange(1, 4)))
        return f"{random.choice(['', '', '1:'])}{random.randrange(3)}{part}" + random.choice(
            ["", f"-{revision}"]
        )

    pairs = [(made(), made()) for _ in range(150)]
    told = {pair: asked_of_dpkg(*pair) for pair in pairs}
    assert {pair: compare(SCHEMES["deb"], *pair) for pair in pairs} == told


@pytest.mark.parametrize(
    "text",
    ["", "a1", "v1.0", "1.0-", "-1", "1.0-1_1", "1:", "a:1", "1:2:3", "1.0 ", "1.0^git", "9999999999:1"],
)
def test_what_debian_policy_forbids_has_no_place(text: str) -> None:
    assert debian_place(text) is None


def vectors() -> list[tuple[str, str, int]]:
    """Return what rpm's own tests demand of its comparison: left, right, and how they compare."""
    return [(row["left"], row["right"], int(row["order"])) for row in read_table("rpm_vectors")]


@pytest.mark.parametrize(("left", "right", "order"), vectors())
def test_rpm_versions_compare_as_the_vectors_of_rpm_say(left: str, right: str, order: int) -> None:
    assert compare(SCHEMES["rpm"], left, right) == order
    assert compare(SCHEMES["rpm"], f"1-{left}", f"1-{right}") == order, "the release compares the same way"


@pytest.mark.parametrize(("lower", "higher"), [*itertools.pairwise(RPM_FROM_LOW_TO_HIGH)])
def test_rpm_versions_stand_in_the_order_of_epoch_version_and_release(lower: str, higher: str) -> None:
    assert compare(SCHEMES["rpm"], lower, higher) == -1


@pytest.mark.parametrize("text", ["", "1:", "-1", "1.0-", "a:1", "1.0-1-1:2"])
def test_what_is_no_epoch_version_and_release_has_no_place(text: str) -> None:
    assert rpm_place(text) is None


@pytest.mark.parametrize(
    ("scheme", "text", "inside", "outside"),
    [
        ("deb", "==5.1", ["5.1-2", "5.1-2+deb11u1", "0:5.1-0"], ["5.1.1-1", "5.1~rc1-1", "1:5.1-2"]),
        ("deb", "==5.1-2", ["5.1-2"], ["5.1-2+b1", "5.1-20"]),
        ("deb", "!=5.1", ["5.2-1"], ["5.1-2"]),
        ("deb", ">5.1", ["5.1.1-1", "5.1a-1"], ["5.1-99", "5.1-2+deb11u1"]),
        ("deb", "<5.1", ["5.0-9", "5.1~rc1-1"], ["5.1-0", "5.1-1"]),
        ("deb", ">=5.1-2", ["5.1-2+b1", "5.1-10"], ["5.1-1"]),
        ("deb", "<=5.1-2~deb12u1", ["5.1-1", "5.1-2~deb12u1"], ["5.1-2"]),
        ("deb", "^5.1", ["5.1-1", "5.9-1", "5.1+dfsg-1"], ["6.0-1", "6~rc1-1", "5.1~rc1-1"]),
        ("deb", "~5.1", ["5.1.9-1"], ["5.2~rc1-1", "5.2-1"]),
        ("deb", "5.1.x || 7", ["5.1-1", "5.1.9-1", "7.9-1"], ["5.2-1", "8-1"]),
        ("deb", "^1:2.30", ["1:2.31-1"], ["2.31-1", "1:3-1", "2:2.31-1"]),
        ("deb", "*", ["0~~", "9:1-1"], []),
        ("rpm", "==9.16", ["9.16-1.el9", "9.16-2.el9"], ["9.16.1-1", "9.16~rc1-1", "9.16^git1-1"]),
        ("rpm", ">9.16", ["9.16^git1-1", "9.16.1-1"], ["9.16-99.el9"]),
        ("rpm", "<=9.16-2.el9", ["9.16-1.el9", "9.16-2.el9"], ["9.16-10.el9"]),
        ("rpm", "^32:9.16", ["32:9.16-1", "32:9.99-1"], ["9.17-1", "32:10-1", "32:10~rc1-1"]),
        ("rpm", "9.16.*", ["9.16-1", "9.16.23-14.el9"], ["9.17~rc1-1", "9.17-1", "9.160-1"]),
    ],
)
def test_a_range_without_a_revision_speaks_of_all_of_them(
    scheme: str, text: str, inside: list[str], outside: list[str]
) -> None:
    wanted, place = read_range(text, scheme), SCHEMES[scheme].place
    found = {name for name in (*inside, *outside) if wanted.contains(place(name))}  # type: ignore[arg-type]  # all have a place
    assert found == set(inside)


@pytest.mark.parametrize(
    ("filename", "scheme"),
    [
        ("hello_2.10-3_amd64.deb", "deb"), ("HELLO.DEB", "deb"), ("bind-9.16.rpm", "rpm"),
        ("x.rpm.zip", None), ("deb", None), ("x.debian", None), ("x.tar.gz", None), ("", None),
    ],
)  # fmt: skip
def test_the_ending_of_the_file_says_the_scheme(filename: str, scheme: str | None) -> None:
    assert scheme_of_file(filename) == scheme
    assert scheme_of_file(filename) in {*SCHEMES, GENERAL}
