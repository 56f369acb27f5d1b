"""Server processes: started detached from the caller, recognised later, and only the own ones stopped."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tools.servers.server import HOST, ServerMissing

STOP_SECONDS = 20
SAME_START_SECONDS = 2.0
PORT_SECONDS = 2.0


def launch(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> psutil.Process:
    """Start a command in a session of its own and write down which process it is."""
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    child.returncode = 0  # it outlives us on purpose; the handle would complain about that
    process = psutil.Process(child.pid)
    record = folder / "process.json.new"
    record.write_text(json.dumps({"pid": process.pid, "started_at": process.create_time()}))
    record.replace(folder / "process.json")
    return process


def running(folder: Path) -> psutil.Process | None:
    """Return the process that was started for a folder, if it still runs.

    Process numbers are used again, so the time of its start has to agree as well.
    """
    try:
        record = json.loads((folder / "process.json").read_text())
        process = psutil.Process(record["pid"])
        is_same = abs(process.create_time() - record["started_at"]) < SAME_START_SECONDS
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def stop(folder: Path) -> bool:
    """Stop the process that was started for a folder; tell whether there was one."""
    process = running(folder)
    if process is None:
        return False
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
    (folder / "process.json").unlink(missing_ok=True)
    return True


def is_taken(port: int) -> bool:
    """Tell whether somebody keeps a port of the loopback interface.

    A process that was just killed gets a moment to let go of it.
    """
    deadline = time.monotonic() + PORT_SECONDS
    while listens(port):
        if time.monotonic() > deadline:
            return True
        time.sleep(0.05)
    return False


def listens(port: int) -> bool:
    """Tell whether anybody accepts connections on a port of the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def complete(
    command: Sequence[str | Path],
    folder: Path,
    *,
    seconds: int,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a command to its end and return what it printed; ServerMissing with its last line if it fails."""
    name = str(command[2]) if command[1] == "-m" else Path(command[0]).name
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds,
        )
    except FileNotFoundError:
        raise ServerMissing(f"the command {name} is not installed") from None
    except subprocess.TimeoutExpired:
        raise ServerMissing(f"{name} took longer than {seconds} seconds") from None
    if done.returncode:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise ServerMissing(
            f"{name} failed with {done.returncode}: {said[-1].strip() if said else 'no word'}"
        )
    return done.stdout
