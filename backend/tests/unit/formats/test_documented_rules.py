"""The tables of docs/concepts.md, "Where a version comes from": each row is run against the code."""

import io
import re
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.support.live import BACKEND
from tests.unit.formats.samples import apk, binary_manifest, deb, rpm, tar_gz, zipped
from wxcloudrun.formats.detect import declared_version, version_in_filename

pytestmark = pytest.mark.unit

PAGE = BACKEND.parent / "docs" / "concepts.md"
SECTION = re.compile(r"^## Where a version comes from$(.*?)^## ", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
PIECE = re.compile(r"`([^`]+)`: `([^`]+)`")
RPM_TAGS = {"VERSION": 1001, "RELEASE": 1002, "EPOCH": 1003}


def rows(heading: str) -> Iterator[list[str]]:
    """Yield the cells of the table below a heading of the section."""
    section = SECTION.search(PAGE.read_text(encoding="utf-8"))
    assert section is not None
    part = re.split(r"^### ", section[1], flags=re.MULTILINE)
    table = next(text for text in part if text.startswith(f"{heading}\n"))
    lines = [line for line in table.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def in_code(cell: str) -> str | None:
    """Return what stands in backquotes, None for a row that says "none"."""
    found = CODE.search(cell)
    return None if found is None else found[1]


def archive(pack: Callable[[Mapping[str, bytes]], bytes]) -> Callable[[Mapping[str, str]], bytes]:
    return lambda pieces: pack({path: text.encode() for path, text in pieces.items()})


BUILDERS: dict[str, Callable[[Mapping[str, str]], bytes]] = {
    ".tar.gz": archive(tar_gz),
    ".tgz": archive(tar_gz),
    ".whl": archive(zipped),
    ".zip": archive(zipped),
    ".jar": archive(zipped),
    ".deb": lambda pieces: deb(pieces["Version"]),
    ".apk": lambda pieces: apk(binary_manifest(pieces["versionName"])),
    ".rpm": lambda pieces: rpm(
        {RPM_TAGS[name]: int(text) if name == "EPOCH" else text for name, text in pieces.items()}
    ),
}
PACKAGES = list(rows("From the package"))
NAMES = list(rows("From the file name"))


@pytest.mark.parametrize(("file", "holds", "says"), PACKAGES)
def test_given_a_row_about_a_package_then_the_code_does_what_it_says(
    file: str, holds: str, says: str
) -> None:
    name = in_code(file)
    assert name is not None
    data = next(build for ending, build in BUILDERS.items() if name.endswith(ending))(
        dict(PIECE.findall(holds))
    )

    declared = declared_version(name, io.BytesIO(data), len(data))

    if says.startswith("none, so"):
        assert declared is None
        declared = version_in_filename(name)
    assert declared == in_code(says)


@pytest.mark.parametrize(("rule", "file", "says"), NAMES)
def test_given_a_row_about_a_file_name_then_the_code_does_what_it_says(
    rule: str, file: str, says: str
) -> None:
    name = in_code(file)
    assert name is not None

    assert version_in_filename(name) == (None if says == "none" else in_code(says)), rule


def test_the_tables_are_found_whole() -> None:
    assert len(PACKAGES) >= 15
    assert len(NAMES) >= 25
    assert all(len(row) == 3 for row in PACKAGES + NAMES)
