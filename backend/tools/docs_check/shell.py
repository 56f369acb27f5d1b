"""One shell for a page: variables last from block to block, and every command says how it ended."""

import re
import secrets
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

COMMAND_SECONDS = 60


class Shell:
    """A bash that is fed commands one by one."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._mark = f"done-{secrets.token_hex(8)}"
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str, *, folder: Path | None = None) -> tuple[int, list[str]]:
        """Run a command, elsewhere if a folder is given; return its exit code and the lines it printed."""
        assert self._process.stdin is not None  # noqa: S101  # both are pipes
        assert self._process.stdout is not None  # noqa: S101
        inner = f"cd {folder}\n{command}\nstatus=$?\ncd {self._folder}\n(exit $status)" if folder else command
        # What a command reads must not be what follows it.
        self._process.stdin.write(f"{{\n{inner}\n}} </dev/null\nprintf '\\n%s %s\\n' {self._mark} $?\n")
        self._process.stdin.flush()
        timer = threading.Timer(COMMAND_SECONDS, self._process.kill)
        timer.start()
        printed: list[str] = []
        try:
            for line in self._process.stdout:
                if end := re.fullmatch(rf"{self._mark} (\d+)\n", line):
                    return int(end[1]), without_last_blank(printed)
                printed.append(line.removesuffix("\n").removesuffix("\r"))
        finally:
            timer.cancel()
        return 124, [*printed, f"(the shell ended, or took longer than {COMMAND_SECONDS} seconds)"]

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.communicate()


def without_last_blank(lines: list[str]) -> list[str]:
    """Drop the line break that stands before the mark, and blank lines at the end."""
    while lines and not lines[-1]:
        lines.pop()
    return lines
