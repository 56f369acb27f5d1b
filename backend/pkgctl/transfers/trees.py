"""Folders into which many files are fetched: each in its place, and none anywhere else."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pkgctl.errors import ExitCode, LocalProblem


@dataclass(frozen=True, slots=True)
class PlaceInTree:
    """The place of one file in a tree."""

    file: Path
    may_replace: bool

    def path(self, name: str) -> Path:
        """Return the path, whatever the service proposes."""
        del name
        return self.file


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder that a person has chosen; what is in it may have come from somebody else."""

    root: Path
    may_replace: bool

    def place(self, filename: str) -> PlaceInTree:
        """Return where a file goes.

        Raises LocalProblem for a name that leads out of the folder or into hidden places, and where a link
        lies on the way: its target is not what was meant to be written to.
        """
        parts = filename.split("/")
        if any(is_odd(each) for each in parts):
            raise LocalProblem(
                f"the service calls a file {filename!r}, which is not followed; fetch it alone, with -o",
                reason="odd_name",
            )
        where = self.root
        for each in PurePosixPath(filename).parts:
            where /= each
            if where.is_symlink():
                raise LocalProblem(
                    f"{where} is a link, through which nothing is written; remove it",
                    ExitCode.CONFLICT,
                    reason="file_exists",
                )
        return PlaceInTree(where, self.may_replace)


def is_odd(part: str) -> bool:
    """Tell whether a part of a path should not be followed blindly: empty, `..`, hidden, a drive."""
    steering = {"\\", "\0", ":"} if os.name == "nt" else {"\\", "\0"}
    return not part or part.startswith(".") or not steering.isdisjoint(part) or not part.isprintable()
