"""How many versions are found in the names of real files, and that none is found where there is none.

`names/with_versions.tsv` has the names of packages, release assets, sources and images with the version that
their makers gave them, `names/without_versions.txt` names without one. Both were judged by hand or by the
metadata of the packages, not by the code. A miss stays in the list: it is what the next rule has to win.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from wxcloudrun.formats.filenames import version_in_filename

pytestmark = pytest.mark.unit

NAMES = Path(__file__).parent / "names"
RIGHT_PERCENT = 97


def with_versions() -> Iterator[tuple[str, str]]:
    for line in (NAMES / "with_versions.tsv").read_text(encoding="utf-8").splitlines():
        name, version = line.split("\t")
        yield name, version


def without_versions() -> list[str]:
    return (NAMES / "without_versions.txt").read_text(encoding="utf-8").splitlines()


def test_given_real_names_when_versions_are_searched_then_nearly_all_are_right() -> None:
    expected = dict(with_versions())
    misses = {
        name: (version, found)
        for name, version in expected.items()
        if (found := version_in_filename(name)) != version
    }
    percent = 100 * (1 - len(misses) / len(expected))

    print(f"\n{percent:.1f} % of {len(expected)} names; missed:")  # noqa: T201 - pytest -s shows them
    for name, (version, found) in misses.items():
        print(f"  {name}: {version}, found {found}")  # noqa: T201 - as above

    assert len(expected) >= 400
    assert percent >= RIGHT_PERCENT, misses


def test_given_names_without_a_version_then_none_is_found() -> None:
    names = without_versions()

    assert len(set(names)) == len(names) >= 150
    assert {name: found for name in names if (found := version_in_filename(name))} == {}


def test_given_a_checksum_or_a_signature_of_a_file_then_its_version_is_that_of_the_file() -> None:
    differing = {
        name: (found, beside)
        for name, _ in with_versions()
        for ending in (".sha256", ".asc", ".SIG")
        if (found := version_in_filename(name)) != (beside := version_in_filename(name + ending))
    }

    assert differing == {}
