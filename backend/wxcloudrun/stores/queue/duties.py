"""What the threads of a worker have to do; which domain does it is decided elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Duties:
    """Everything that a worker does. None of these raises what can be foreseen; each logs what it cannot do.

    `next_job` returns a job that waits although nobody was woken for it, None if it finds none; it is
    called often and looks only as often as it thinks right. `hand_back` gives up what is still being
    worked on, because the process ends.
    """

    do_job: Callable[[int], object]
    next_job: Callable[[], int | None]
    due_tasks: Callable[[], Sequence[str]]
    do_task: Callable[[str], object]
    hand_back: Callable[[], object]
