"""One shell for a page, on a terminal: variables last, and every command says how it ended."""

import contextlib
import os
import pty
import re
import secrets
import signal
import subprocess
import termios
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

COMMAND_SECONDS = 180  # some start a service, and a busy machine takes its time
LINES, COLUMNS = 50, 200
PROMPT = "Password: "
CTRL_C = b"\x03"
STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Shell:
    """A bash that is fed commands one by one; a prompt for the password is answered with `password`."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *, password: str) -> None:
        self._folder = folder
        self._password = password
        self._mark = f"done-{secrets.token_hex(8)}"
        self._terminal, inner = plain_terminal()
        # A session's leader gets as its own the first terminal that it opens: prompts and Ctrl-C need one.
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.PIPE,
            stdout=inner,
            stderr=inner,
            text=True,
            start_new_session=True,
        )
        self._name = os.ttyname(inner)
        self._tell(f"exec >{self._name} 2>&1\ntrap : INT\n")
        os.close(inner)

    def run(
        self,
        command: str,
        *,
        folder: Path | None = None,
        enough: Callable[[list[str]], bool] | None = None,
    ) -> tuple[int, list[str]]:
        """Run a command, elsewhere if a folder is given; return its exit code and the lines it printed.

        With `enough` it is one that does not end by itself: Ctrl-C ends it as soon as that is true of its
        lines, and they are what is returned, with 0.
        """
        inner = f"cd {folder}\n{command}\nstatus=$?\ncd {self._folder}\n(exit $status)" if folder else command
        # What a command reads must not be what follows it.
        self._tell(f"{{\n{inner}\n}} <{self._name}\nprintf '\\n%s %s\\n' {self._mark} $?\n")
        timer = threading.Timer(COMMAND_SECONDS, self._kill)
        timer.start()
        stopped_after: list[str] | None = None
        text = ""
        try:
            for text in self._growing():
                if end := re.search(rf"\n{self._mark} (\d+)\n$", text):
                    came = (int(end[1]), lines_of(text[: end.start()]))
                    return came if stopped_after is None else (0, stopped_after)
                if enough and stopped_after is None and enough(lines_of(text)):
                    stopped_after = lines_of(text)
                    os.write(self._terminal, CTRL_C)
        finally:
            timer.cancel()
        self._process.wait()  # nobody has its terminal any more
        return 124, [*lines_of(text), f"(the shell ended, or took longer than {COMMAND_SECONDS} seconds)"]

    def _growing(self) -> Iterator[str]:
        """Yield all that has come since the command began, whenever more comes."""
        came = b""
        while chunk := self._read():
            came += chunk
            text = came.decode(errors="replace")
            if text.endswith(PROMPT):
                os.write(self._terminal, f"{self._password}\n".encode())
            yield text

    def _read(self) -> bytes:
        try:
            return os.read(self._terminal, 65_536)
        except OSError:  # nobody has the terminal open any more
            return b""

    def _tell(self, text: str) -> None:
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def _kill(self) -> None:
        """End the shell and what it has started: whoever lives keeps the terminal open."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def has_ended(self) -> bool:
        """Tell whether there is no shell any more that could run a command."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the shell."""
        self._kill()
        self._process.communicate()
        os.close(self._terminal)


def plain_terminal() -> tuple[int, int]:
    """Return both ends of a terminal that neither repeats what it is told nor changes what it shows."""
    outer, inner = pty.openpty()
    settings = termios.tcgetattr(inner)
    settings[1] &= ~termios.OPOST
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(inner, termios.TCSANOW, settings)
    termios.tcsetwinsize(inner, (LINES, COLUMNS))
    return outer, inner


def lines_of(text: str) -> list[str]:
    """Split what came into lines, without bold type, colours, and blank ones at the end."""
    lines = [line.removesuffix("\r") for line in STYLE.sub("", text).split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
