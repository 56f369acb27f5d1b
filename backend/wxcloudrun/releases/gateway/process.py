"""Programs of the machine, run without a shell, in a process group that ends with them."""

import contextlib
import fcntl
import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wxcloudrun.kit import clock

BLOCK_BYTES = 1024 * 1024
LOOK_SECONDS = 0.5  # how often a silent program is looked after
GRACE_SECONDS = 5.0  # between asking a program to end and ending it


class OutOfTime(Exception):
    """The program was ended because it took too long."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, and all that it finds in its environment."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    seconds: float


class Running:
    """A program at work."""

    def __init__(self, process: "subprocess.Popen[bytes]", deadline: float) -> None:
        self._process = process
        self._deadline = deadline

    def output(self, on_message: Callable[[bytes], None], look: Callable[[], None]) -> Iterator[bytes]:
        """Yield what it writes to its output, as it comes, until it closes that.

        What it writes for people goes to `on_message`. `look` is called twice a second or more often; what
        it raises ends the program. Raises OutOfTime.
        """
        output, messages = self._process.stdout, self._process.stderr
        if output is None or messages is None:
            raise ValueError
        with selectors.DefaultSelector() as ready:
            ready.register(output, selectors.EVENT_READ)
            ready.register(messages, selectors.EVENT_READ)
            while ready.get_map():
                look()
                if clock.monotonic() > self._deadline:
                    raise OutOfTime
                for key, _ in ready.select(LOOK_SECONDS):
                    block = os.read(key.fd, BLOCK_BYTES)
                    if not block:
                        ready.unregister(key.fileobj)
                    elif key.fileobj is messages:
                        on_message(block)
                    else:
                        yield block

    def exit_code(self) -> int:
        """Wait until it has ended and return how; negative if a signal ended it. Raises OutOfTime."""
        try:
            return self._process.wait(max(0.1, self._deadline - clock.monotonic()))
        except subprocess.TimeoutExpired:
            raise OutOfTime from None


@contextlib.contextmanager
def running(command: Command) -> Iterator[Running]:
    """Start a program; it and whatever it has started end with the block. Raises OSError if it cannot be."""
    with subprocess.Popen(  # noqa: S603  # arguments are passed as they are, no shell reads them
        list(command.arguments),
        env=dict(command.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        if process.stdout is not None:
            with contextlib.suppress(OSError):  # a user's pipes may be limited; smaller blocks do as well
                fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, BLOCK_BYTES)
        try:
            yield Running(process, clock.monotonic() + command.seconds)
        finally:
            end_group(process)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a program that still runs, with its group: first it is asked, so that it can tidy up."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
