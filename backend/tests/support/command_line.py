"""The command line as its users have it: in a process of its own, or, for speed, in this one."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from pkgctl.main import run
from tests.support.live import ADMIN_EMAIL, ADMIN_PASSWORD, BACKEND, SECRET
from tests.support.proxy import Proxy

PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command has left: exit code, output, messages."""

    code: int
    out: str
    err: str

    def ok(self) -> "Ended":
        """Fail unless the command has succeeded."""
        assert self.code == 0, self
        return self

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A person with a home of their own and a service."""

    home: Path
    server: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.home / "config" / "pkgctl" / "config.json"

    def environment(self) -> dict[str, str]:
        """Return all variables that the program sees."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "PYTHONPATH": str(BACKEND),
            "PKGCTL_URL": self.server,
            **self.variables,
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start the program in the person's home."""
        return subprocess.Popen(
            [sys.executable, "-m", "pkgctl", *arguments],
            cwd=self.home,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def process(self, *arguments: str, stdin: str = "") -> Ended:
        """Run the program as a process."""
        done = subprocess.run(
            [sys.executable, "-m", "pkgctl", *arguments],
            cwd=self.home,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS * 2,
            check=False,
        )
        return checked(Ended(done.returncode, done.stdout, done.stderr))

    def at_terminal(self, *arguments: str, typed: str) -> Ended:
        """Run the program where somebody sits, who types this."""
        hands, keyboard = os.openpty()
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "pkgctl", *arguments],
                cwd=self.home,
                env=self.environment(),
                stdin=keyboard,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            os.write(hands, typed.encode())
            return finish(process)
        finally:
            os.close(hands)
            os.close(keyboard)

    def __call__(self, *arguments: str, stdin: str = "") -> Ended:
        """Run the program in this process; far faster, and seen by the coverage."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment(), clear=True),
            mock.patch.object(sys, "stdin", io.StringIO(stdin)),
            contextlib.chdir(self.home),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run(arguments)
        return checked(Ended(code, out.getvalue(), err.getvalue()))

    def json(self, *arguments: str, stdin: str = "") -> Any:
        """Run a command that succeeds and return its document."""
        return self(*arguments, "--json", stdin=stdin).ok().document

    def log_in(self) -> None:
        """Log in as the administrator."""
        self("login", "--email", ADMIN_EMAIL, "--password-stdin", stdin=ADMIN_PASSWORD + "\n").ok()

    def through(self, port: int) -> "CommandLine":
        """Return the same person, who reaches the service by another port and shows a key."""
        return CommandLine(self.home, f"http://127.0.0.1:{port}", self.variables)

    def with_variables(self, **variables: str) -> "CommandLine":
        """Return the same person with more variables."""
        return CommandLine(self.home, self.server, {**self.variables, **variables})


def checked(ended: Ended) -> Ended:
    """Hold what every command promises: no stack trace, and no secret but a key that was asked for."""
    assert "Traceback" not in ended.out + ended.err, ended
    assert SECRET.search(ended.err) is None, "a secret is among the messages"
    return ended


def finish(process: "subprocess.Popen[str]", number: signal.Signals | None = None) -> Ended:
    """Wait for a program, after a signal if one is given."""
    if number is not None:
        process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return checked(Ended(process.returncode, out, err))


def killed_at_a_stall(pkgctl: CommandLine, proxy: Proxy, *arguments: str) -> CommandLine:
    """Run a command through a proxy until that stalls, kill it, and let the proxy go on.

    Returns the command line that speaks through it.
    """
    through = pkgctl.through(proxy.port)
    process = through.start(*arguments)
    assert proxy.stalled.wait(30)
    process.kill()
    process.communicate()
    proxy.lifted.set()
    return through
