"""Servers as processes: started, awaited, watched (processor time, memory), stopped."""

import contextlib
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

FIRST_PORT, LAST_PORT = 21_000, 31_000  # below the range from which the kernel takes client ports
START_SECONDS = 60
STOP_SECONDS = 30
TICKS = os.sysconf("SC_CLK_TCK")
RESET_PEAK = "5"  # proc(5): sets the peak of the resident memory back to what is resident now


class ContenderMissing(Exception):
    """A contender cannot be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that was started here, with the processes that it started itself."""

    process: "subprocess.Popen[bytes]"

    def pids(self) -> list[int]:
        """Return the number of the process and of all below it."""
        return tree(self.process.pid)

    def cpu_seconds(self) -> float:
        """Return the processor time that the processes have used since they began."""
        return sum(cpu_seconds(pid) for pid in self.pids())

    def forget_peak(self) -> None:
        """Let the peak of the resident memory begin again."""
        for pid in self.pids():
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text(RESET_PEAK)

    def peak_bytes(self) -> int:
        """Return the peak of the resident memory of the largest process."""
        return max((memory_bytes(pid, "VmHWM") for pid in self.pids()), default=0)

    def resident_bytes(self) -> int:
        """Return the resident memory of the largest process now."""
        return max((memory_bytes(pid, "VmRSS") for pid in self.pids()), default=0)

    def stop(self) -> None:
        """End it as an administrator would, and by force if that does not help."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in reversed(self.pids()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)
            self.process.wait()


def launch(
    command: Sequence[str], *, folder: Path, log: Path, environ: Mapping[str, str] | None = None
) -> RunningServer:
    """Start a server. Raises ContenderMissing if its program is not there."""
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(command, cwd=folder, env=environ, stdout=output, stderr=output)
    except FileNotFoundError as error:
        raise ContenderMissing(f"{command[0]} is not installed") from error
    return RunningServer(process)


def wait_until(is_ready: Callable[[], bool], running: RunningServer, log: Path) -> None:
    """Return when the server answers. Raises ContenderMissing with the end of its log if it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.process.poll() is None:
        if is_ready():
            return
        time.sleep(0.01)
    raise ContenderMissing(f"it did not start: {log.read_text(errors='replace')[-500:]}")


def answers(port: int, path: str, status: int = 200) -> bool:
    """Tell whether a server answers a GET with this status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status == status
    return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    for port in range(FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT - 1000), LAST_PORT):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise ContenderMissing("no free port")


def tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time of one process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICKS


def memory_bytes(pid: int, name: str) -> int:
    """Return one of the sizes in /proc/PID/status."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
