"""Tests that are done side by side by copies of the process that has collected them: `--copies=3`.

A worker of pytest-xdist is a new process, which imports everything and collects every test for itself, before
it does some of them. A copy has all that already, and shares the memory in which it stands. What is made once
for a session is made once in each copy, as in each of those workers.
"""

import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

FORKED = multiprocessing.get_context("fork")
AT_ONCE = 24  # tests of one file often share what they stand on: they had better stay together
WORKER = "PYTEST_XDIST_WORKER"  # by which a process is known to be one of several


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever runs the tests say by how many copies."""
    parser.addoption("--copies", type=int, default=1, help="do the tests in so many processes at once")


def pytest_configure(config: pytest.Config) -> None:
    """Put the copies in the place of the usual loop, if there are to be some."""
    if config.getoption("--copies") > 1 and not config.getoption("--collect-only"):
        config.pluginmanager.register(Copies(config), "copies")


@dataclass(slots=True)
class Copy:
    """One copy, as the process sees it that made it."""

    process: BaseProcess
    at: str = "its beginning"
    reports: Connection = field(kw_only=True)


class Copies:
    """Makes the copies, and reports what they report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._count: int = config.getoption("--copies")
        self._turn = FORKED.Value("l", 0)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Do every test, each in one of the copies."""
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        copies = [self._begin(session, number) for number in range(self._count)]
        try:
            while copies:
                for ready in wait([each.reports for each in copies]):
                    (copy,) = (each for each in copies if each.reports is ready)
                    if not self._hear(session, copy):
                        copies.remove(copy)
        finally:
            for each in copies:
                each.process.terminate()
                each.process.join()
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        return True

    def _begin(self, session: pytest.Session, number: int) -> Copy:
        """Make a copy."""
        receives, sends = FORKED.Pipe(duplex=False)
        process = FORKED.Process(target=self._work, args=(session, number, sends))
        process.start()
        sends.close()
        return Copy(process, reports=receives)

    def _hear(self, session: pytest.Session, copy: Copy) -> bool:
        """Pass on what a copy says; False if it has nothing to say any more."""
        hook = self._config.hook
        try:
            said, data = copy.reports.recv()
        except EOFError:
            copy.process.join()
            if copy.process.exitcode:
                told = f"a copy of the tests ended with {copy.process.exitcode} in {copy.at}"
                raise session.Interrupted(told) from None
            return False
        if said == "begins":
            copy.at = data[0]
            hook.pytest_runtest_logstart(nodeid=data[0], location=data[1])
        elif said == "ends":
            hook.pytest_runtest_logfinish(nodeid=data[0], location=data[1])
        else:
            report = hook.pytest_report_from_serializable(config=self._config, data=data)
            hook.pytest_runtest_logreport(report=report)
        if session.shouldfail:
            self._turn.value = len(session.items)  # nobody begins another
        return True

    def _work(self, session: pytest.Session, number: int, sends: Connection) -> None:
        """Do tests in a copy until none is left."""
        os.environ[WORKER] = f"copy{number}"
        plugins = self._config.pluginmanager
        plugins.unregister(name="terminalreporter")
        plugins.register(Telling(self._config, sends))
        capture: Any = plugins.get_plugin("capturemanager")
        capture.stop_global_capturing()  # what it writes to belongs to all copies
        capture.start_global_capturing()
        capture.suspend_global_capture()
        turns = self._turns(len(session.items))
        current = next(turns, None)
        while current is not None:
            following = None if session.shouldfail else next(turns, None)
            after = None if following is None else session.items[following]
            self._config.hook.pytest_runtest_protocol(item=session.items[current], nextitem=after)
            current = following

    def _turns(self, total: int) -> Iterator[int]:
        """Yield the tests that fall to a copy: some at a time, fewer towards the end."""
        while True:
            with self._turn.get_lock():
                first = self._turn.value
                last = min(total, first + max(1, min(AT_ONCE, (total - first) // (8 * self._count))))
                self._turn.value = last
            if first >= total:
                return
            yield from range(first, last)


class Telling:
    """Tells the process that made a copy what the copy reports."""

    def __init__(self, config: pytest.Config, sends: Connection) -> None:
        self._config = config
        self._sends = sends

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Say which test begins."""
        self._sends.send(("begins", (nodeid, location)))

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Say which test has ended."""
        self._sends.send(("ends", (nodeid, location)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Say what has become of a test."""
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._sends.send(("report", data))
