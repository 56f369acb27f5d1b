"""Progress bars with rate and time left, for people who watch; nothing for everybody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Protocol, Self, override

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from pkgctl.screen import Screen, printable


class ProgressMeter(Protocol):
    """How far one file is."""

    def moved(self, count: int) -> None:
        """So many more bytes have moved."""

    def at(self, position: int) -> None:
        """Say how far it is: at the start, and after a new beginning."""


class Display(Protocol):
    """What shows the meters."""

    def meter(self, name: str, total: int) -> ProgressMeter:
        """Begin to show a file of `total` bytes."""


class Nothing:
    """A display and a meter for programs."""

    def meter(self, name: str, total: int) -> ProgressMeter:
        """Show nothing."""
        del name, total
        return self

    def moved(self, count: int) -> None:
        """Show nothing."""

    def at(self, position: int) -> None:
        """Show nothing."""


class Bars:
    """Bars on stderr; they vanish when all is done. Threads may share them."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def meter(self, name: str, total: int) -> ProgressMeter:
        """Add a bar."""
        return Bar(self._progress, self._progress.add_task(escape(printable(name)), total=total))


class Bar(ProgressMeter):
    """One bar."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    @override
    def moved(self, count: int) -> None:
        self._progress.advance(self._task, count)
        self._hide_if_finished()

    @override
    def at(self, position: int) -> None:
        # A reset also forgets the speed: bytes that were there before have not been fast.
        self._progress.reset(self._task, completed=position)
        self._hide_if_finished()

    def _hide_if_finished(self) -> None:
        # A thousand files must not fill the screen with bars that no longer move.
        task = self._progress.tasks[self._task]
        self._progress.update(self._task, visible=not task.total or task.completed < task.total)


@contextmanager
def display(screen: Screen) -> Iterator[Display]:
    """Show progress if the screen can and may."""
    if not screen.is_animated:
        yield Nothing()
        return
    with Bars() as bars:
        yield bars
