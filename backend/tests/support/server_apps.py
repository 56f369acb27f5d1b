"""Applications on MySQL, S3 and Redis, two instances at a time.

Every request of a test goes to the other instance than the one before it. They share the servers and
nothing else, as two machines do.
"""

from datetime import timedelta
from pathlib import Path

from flask import Flask

from tests.support.apps import environment, let_go
from tests.support.backing import backing
from tests.support.client import take_turns
from tests.support.moments import Clock
from tests.support.quick_schema import begin_log
from tests.support.shared_app import SharedApp
from tests.support.stack import Stack, make_stack
from tests.support.stack_contents import StackContents
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings

SERVERS = ("mysql", "minio", "redis")


class ServerApps:
    """Applications over a database, a bucket and a Redis of this test process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stack = make_stack(*(backing().need(name) for name in SERVERS))
        self._made: list[Flask] = []
        self._shared: dict[frozenset[tuple[str, str]], SharedApp] = {}

    def shared(self, **changes: str) -> Flask:
        """Return the first of the two with these settings that tests share, with nothing in them."""
        settings = frozenset(changes.items())
        if settings not in self._shared:
            self._stack.clean()
            apps = self._pair(self._directory / str(len(self._shared)), **changes)
            self._shared[settings] = SharedApp(apps[0], StackContents(self._stack, apps))
        return self._shared[settings].emptied()

    def own(self, data_dir: Path, **changes: str) -> Flask:
        """Build two instances for one test and return the first; they find what the test has left there."""
        return self._pair(data_dir, **changes)[0]

    def clear(self) -> None:
        """Empty the database, the bucket and Redis."""
        self._stack.clean()

    def clock(self) -> Clock:
        """Return a clock that the servers go by too."""
        return ClockOfServers(self._stack)

    def close(self) -> None:
        """Close the connections and drop what was made."""
        let_go(self._made)
        self._stack.destroy()

    def _pair(self, data_dir: Path, **changes: str) -> list[Flask]:
        """Build two instances over the same servers; requests to the first go to both in turn."""
        environ = {**environment(".env.integration"), **self._stack.environ, "LOG_LEVEL": "ERROR"}
        apps = [
            create_app(Settings.from_env({**environ, "DATA_DIR": str(data_dir / name), **changes}))
            for name in ("one", "other")
        ]
        if "DATABASE_URL" not in changes:  # in a database of the test's own there may be no table
            begin_log(apps[0])
        take_turns(*apps)
        self._made += apps
        return apps


class ClockOfServers(Clock):
    """Time in the hands of a test, at the servers that keep their own as well."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self._stack = stack

    def advance(self, **by: float) -> None:
        """Let time pass."""
        super().advance(**by)
        if self._stack.redis is not None:
            self._stack.redis.let_pass(timedelta(**by))
