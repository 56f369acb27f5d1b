"""Tables of the documentation, for tests that run what they say."""

import re
from dataclasses import dataclass

from tests.support.live import BACKEND

DOCS = BACKEND.parent / "docs"
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`]*)`")


@dataclass(frozen=True)
class Table:
    """A table of a page: its heading, the names of its columns, and its rows as they are written."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(page: str) -> list[Table]:
    """Return the tables of a page of docs/, in their order."""
    found: list[Table] = []
    heading, rows = "", []
    for line in [*(DOCS / page).read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("|"):
            cells = _BETWEEN_CELLS.split(line.strip().strip("|"))
            rows.append(tuple(cell.strip().replace(r"\|", "|") for cell in cells))
            continue
        if rows:
            found.append(Table(heading, rows[0], tuple(rows[2:])))
            rows = []
        if line.startswith("#"):
            heading = line.lstrip("# ")
    return found


def codes(cell: str) -> list[str]:
    """Return what stands between backticks."""
    return _CODE.findall(cell)
