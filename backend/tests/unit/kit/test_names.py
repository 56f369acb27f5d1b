"""What projects, packages, tags and artifacts may be called."""

from collections.abc import Callable

import pytest

from wxcloudrun.kit import names

GOOD_NAMES = ["a", "0", "a" * 128, "a.b_c-d", "0.1.2", "a..b", "default", "a-", "members2"]
BAD_NAMES = [
    "",
    "A",
    "a" * 129,
    ".a",
    "-a",
    "_a",
    "a b",
    "a/b",
    "a:b",
    "a\n",
    "\na",
    "a\x00",
    "ä",
    "\uff41",
    "a%20b",
    "a+b",
]
DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_project_or_package_may_be_called(name: str) -> None:
    assert names.check_project_name(name) == name
    assert names.check_generic_name(name) == name
    assert names.is_name(name)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_project_or_package_may_not_be_called(name: str) -> None:
    with pytest.raises(ValueError, match="use 1 to 128"):
        names.check_project_name(name)
    with pytest.raises(ValueError, match="use 1 to 128"):
        names.check_generic_name(name)
    assert not names.is_name(name)


@pytest.mark.parametrize("name", ["packages", "members"])
def test_a_package_may_not_be_called_what_stands_in_a_url_in_its_place(name: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        names.check_generic_name(name)
    assert names.check_project_name(name) == name


@pytest.mark.parametrize("name", [*GOOD_NAMES, "Stable", "A", "v1.0", "ACTIVE", DIGEST[:63], DIGEST.upper()])
def test_a_tag_may_be_called(name: str) -> None:
    assert names.check_tag_name(name) == name
    assert names.is_tag(name)


@pytest.mark.parametrize("name", [*[name for name in BAD_NAMES if name != "A"], "active", DIGEST, "tag:x"])
def test_a_tag_may_not_be_called(name: str) -> None:
    with pytest.raises(ValueError, match=r"use 1 to 128|reserved"):
        names.check_tag_name(name)
    assert not names.is_tag(name)


def test_an_artifact_is_called_by_its_digest_in_lower_case() -> None:
    assert names.check_sha256(DIGEST) == DIGEST
    assert names.is_sha256(DIGEST)


@pytest.mark.parametrize("text", ["", DIGEST.upper(), DIGEST[:-1], DIGEST + "0", DIGEST + "\n", "g" * 64])
def test_nothing_else_is_a_digest(text: str) -> None:
    with pytest.raises(ValueError, match="64 lower-case hex"):
        names.check_sha256(text)
    assert not names.is_sha256(text)


@pytest.mark.parametrize("check", [names.check_project_name, names.check_generic_name, names.check_tag_name])
def test_a_refusal_does_not_repeat_the_name(check: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match="use 1 to 128") as refused:
        check("<script>alert(1)</script>")

    assert "script" not in str(refused.value)
