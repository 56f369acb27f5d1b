"""Where files belong in packages of other formats, and how much a report holds."""

import json

import pytest

from tests.support.each import each
from wxcloudrun.adoption.rules import (
    LeftOut,
    Report,
    spot_of_distribution,
    spot_of_npm_package,
)
from wxcloudrun.formats.declarations import Declaration
from wxcloudrun.jobs.rules import MAX_RESULT
from wxcloudrun.kit.package_names import PackageName

HELLO, LIB = PackageName.parse("pypi:hello-h7"), PackageName.parse("npm:@h7~lib")


@each(
    [
        ("hello_h7-1.0-py3-none-any.whl", "1.0"),
        ("Hello.H7-1.0.tar.gz", "1.0.0"),
        ("hello-h7-1.0.zip", "v1.0"),
        ("hello_h7-1!2.0rc1+cu121-cp312-cp312-linux_x86_64.whl", "1!2.0-RC1+cu121"),
    ]
)
def test_a_distribution_stands_under_the_version_that_it_says(case: tuple[str, str]) -> None:
    filename, version = case

    spot = spot_of_distribution(HELLO, filename, Declaration("Hello_H7", version))

    assert (spot.filename, spot.version) == (filename, version)


@each(
    [
        ("hello_h7-1.0-py3-none-any.whl", "hello", "1.0", "other_name"),
        ("hello_h7-1.0-py3-none-any.whl", "-", "1.0", "other_name"),
        ("hello_h7-1.0-py3-none-any.whl", "hello_h7", "1.1", "contradiction"),
        ("hello-1.0-py3-none-any.whl", "hello_h7", "1.0", "contradiction"),
        ("hello_h7-1.0.whl", "hello_h7", "1.0", "bad_filename"),
        ("hello.tar.gz", "hello_h7", "1.0", "bad_filename"),
        ("hello_h7-1.0-py3-none-any.whl", "hello_h7", "latest", "bad_version"),
        (f"hello_h7-{'1' * 130}.tar.gz", "hello_h7", "1" * 130, "bad_version"),
        ("hello_h7-1.0-py3-none-any.whl", "hello_h7", "1." + "2" * 5000, "bad_version"),
    ]
)
def test_a_distribution_that_contradicts_itself_or_the_package_belongs_nowhere(
    case: tuple[str, str, str, str],
) -> None:
    filename, name, version, reason = case

    with pytest.raises(LeftOut) as refused:
        spot_of_distribution(HELLO, filename, Declaration(name, version))

    assert refused.value.reason == reason


def test_a_tarball_stands_under_the_name_and_version_that_npm_gives_it() -> None:
    spot = spot_of_npm_package(LIB, Declaration("@h7/lib", "1.2.0-rc.1+build.7"))

    assert (spot.version, spot.filename) == ("1.2.0-rc.1", "lib-1.2.0-rc.1.tgz")


@each([("lib", "1.0.0", "other_name"), ("@H7/lib", "1.0.0", "other_name"), ("@h7/lib", "1.0", "bad_version")])
def test_a_tarball_of_another_name_or_of_no_version_belongs_nowhere(case: tuple[str, str, str]) -> None:
    name, version, reason = case

    with pytest.raises(LeftOut) as refused:
        spot_of_npm_package(LIB, Declaration(name, version))

    assert refused.value.reason == reason


def test_a_tarball_whose_name_no_file_system_takes_belongs_nowhere() -> None:
    name = "n" * 200
    target = PackageName.parse(f"npm:@h7~{name}")

    with pytest.raises(LeftOut) as refused:
        spot_of_npm_package(target, Declaration(f"@h7/{name}", "1.0.0-" + "b" * 45))

    assert refused.value.reason == "bad_filename"
    assert len(spot_of_npm_package(target, Declaration(f"@h7/{name}", "1.0.0-" + "b" * 44)).filename) == 255


def test_given_more_than_a_report_holds_then_it_names_some_and_counts_all() -> None:
    report = Report()
    for _ in range(200):
        report.leave_out("\u0645" * 250, "a" * 64, LeftOut("other_name", "it is called so " * 20))

    assert report.counts() == {"adopted": 0, "present": 0, "left_out": 200}
    assert 5 < len(report.files) < 200
    assert report.more
    assert len(json.dumps(report.whole())) < MAX_RESULT
