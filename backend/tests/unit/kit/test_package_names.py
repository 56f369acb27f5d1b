"""What packages of each format are called, natively and in our own API."""

import re

import pytest

from tests.support.each import each
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.names import check_new_project_name
from wxcloudrun.kit.package_names import WRITTEN_CHARACTERS, Format, PackageName, url_pattern

# As our API is told it, the format, the canonical name in the words of the format, as our API says it.
NAMES = [
    ("hammer", "generic", "hammer", "hammer"),
    ("a..b-", "generic", "a..b-", "a..b-"),
    ("pypi:Hello__H7.x", "pypi", "hello-h7-x", "pypi:hello-h7-x"),
    ("pypi:packages", "pypi", "packages", "pypi:packages"),
    ("npm:lib", "npm", "lib", "npm:lib"),
    ("npm:@h7~lib.js", "npm", "@h7/lib.js", "npm:@h7~lib.js"),
    ("npm:" + "a" * 214, "npm", "a" * 214, "npm:" + "a" * 214),
    ("oci:web~backend~v2", "oci", "web/backend/v2", "oci:web~backend~v2"),
    ("oci:a__b.c---d", "oci", "a__b.c---d", "oci:a__b.c---d"),
    ("oci:" + "a" * 251, "oci", "a" * 251, "oci:" + "a" * 251),
]
NO_NAMES = [
    "", "packages", "members", "Hammer", "~", "a~b", "generic:hammer", ":", "pypi:", "cargo:lib", "PYPI:lib",
    "pypi:_a", "pypi:a-", "pypi:a~b", "pypi:a b", "pypi:\u00e4", "pypi:a\n", "pypi:" + "a" * 251,
    "npm:Lib", "npm:.lib", "npm:_lib", "npm:@h7", "npm:@~lib", "npm:h7~lib", "npm:@h7~a~b", "npm:@h7/lib",
    "npm:" + "a" * 215, "oci:A", "oci:a..b", "oci:a-", "oci:~a", "oci:a~", "oci:a___b", "oci:a/b", "npm:a:b",
]  # fmt: skip


@each(NAMES)
def test_a_name_is_read_and_written_alike_everywhere(case: tuple[str, str, str, str]) -> None:
    told, format_, native, written = case

    name = PackageName.parse(told)

    assert (name.format, name.name, name.written) == (format_, native, written)
    assert PackageName.read(told) == name == PackageName.parse(written)
    assert PackageName.native(Format(format_), name.name) == name
    assert re.fullmatch(url_pattern(), told)


@each(NO_NAMES)
def test_what_no_package_can_be_called_is_refused_with_a_reason_and_not_there(told: str) -> None:
    with pytest.raises(WrongValue) as refused:
        PackageName.parse(told)

    assert str(refused.value)
    assert told == "" or told not in str(refused.value) or told in ("~", ":")
    if told not in ("packages", "members"):  # what can be asked for and is never there
        assert PackageName.read(told) is None
    assert len(told) > WRITTEN_CHARACTERS or not re.search(url_pattern(), told.replace("\n", "\0"))


@each(["a", "0", "a.b_c__d---e", "default", "a" * 128])
def test_a_new_project_may_be_called_what_an_image_may_begin_with(name: str) -> None:
    assert check_new_project_name(name) == name


@each(["a..b", "a-", "a.", "a___b", "a._b", "a_-b", "-a", "A", "a" * 129, ""])
def test_a_new_project_may_be_called_nothing_else(name: str) -> None:
    with pytest.raises(WrongValue, match=r"use 1 to 128|end with a letter"):
        check_new_project_name(name)


def test_how_somebody_wrote_a_name_is_kept_where_it_says_more() -> None:
    assert PackageName.parse("pypi:Hello.H7").display_name == "Hello.H7"
    assert PackageName.parse("pypi:hello-h7").display_name is None
    assert PackageName.parse("npm:@h7~lib").display_name is None
