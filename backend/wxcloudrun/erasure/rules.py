"""What is erased, and how many rows one step takes; no clock, no SQL."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

AT_ONCE_ROWS = 1000  # what a request deletes itself: a moment on every database
FIRST_ROWS = 250
LEAST_ROWS, MOST_ROWS = 100, 5000
STEP_SECONDS = 0.25  # others wait no longer than this for what a step holds; a statement has seconds


@dataclass(frozen=True, slots=True)
class Doomed:
    """A row that nobody can see any more, and that goes with everything that hangs on it.

    `path` is how the audit log called it. With `row_stays` what hangs on it goes, and the row itself
    remains: others say by it that somebody made them.
    """

    table: str
    row_id: int
    path: str
    row_stays: bool = False

    def written(self) -> dict[str, Any]:
        """Return the arguments of a job."""
        return asdict(self)

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self:
        """Read what `written` has written."""
        return cls(**arguments)


def next_rows(rows: int, seconds: float) -> int:
    """Return how many rows the next step takes, when the last one took so long for `rows`.

    As many as fit into STEP_SECONDS, and never more than twice as many as before: one quick step says
    little about the next.
    """
    fitting = rows * STEP_SECONDS / seconds if seconds > 0 else MOST_ROWS
    return int(max(LEAST_ROWS, min(fitting, 2 * rows, MOST_ROWS)))
