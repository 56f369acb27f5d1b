"""A running service together with what a test does beside it: maintenance, and a look at rows and objects."""

import contextlib
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.inside import Inside
from tests.support.live import LiveServer, live_server, start, wait_until_ready
from wxcloudrun.app import create_app
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.artifacts.service.collect import Collected, CollectService
from wxcloudrun.artifacts.service.fsck import Checked, CheckSpec, FsckService
from wxcloudrun.artifacts.service.sweep import SweepService, Swept
from wxcloudrun.config import Settings
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import db

# Garbage is collected at once, and an object outlives its row only for as long as a reader needs.
HASTE = {"GC_GRACE_SECONDS": "0", "LINK_SECONDS": "2", "LOG_LEVEL": "WARNING"}
REST_SECONDS = 10.0


class Site(Inside):
    """One service on its database and its store, and an application beside it on the same."""

    def __init__(self, server: LiveServer, app: Flask, token: str) -> None:
        super().__init__(app)
        self.server = server
        self.token = token
        self.admin = server.client(token)

    def collect(self) -> Collected:
        """Collect garbage beside the running service."""
        with self.app.app_context():
            return self.service(CollectService).run()

    def sweep(self) -> Swept:
        """Sweep beside the running service."""
        with self.app.app_context():
            return self.service(SweepService).run()

    def sweep_to_the_end(self) -> None:
        """Sweep again and again, as the background does, until only artifacts are left; for seconds."""
        until = time.monotonic() + REST_SECONDS
        self.sweep()
        while self.has_remains() and time.monotonic() < until:
            time.sleep(0.2)
            self.sweep()

    def has_remains(self) -> bool:
        """Tell whether there is a lease, or an object that no artifact names."""
        return bool(self.lease_keys()) or self.keys() != self.artifact_keys()

    def sweep_after_hours(self) -> Swept:
        """Sweep as if every lease had expired: for uploads that are known to be dead."""
        with pytest.MonkeyPatch.context() as patch:
            real = clock.now
            patch.setattr(clock, "now", lambda: real() + timedelta(hours=2))
            return self.sweep()

    def fsck(self) -> Checked:
        """Check everything, reading every byte."""
        with self.app.app_context():
            return self.service(FsckService).run(CheckSpec(deep=True))

    def artifact_keys(self) -> set[str]:
        """Return the keys that artifact rows name."""
        return set(self.column(select(Artifact.object_key)))

    def lease_keys(self) -> set[str]:
        """Return the keys that uploads are writing to."""
        return set(self.column(select(Lease.object_key)))

    def kill(self) -> None:
        """kill -9 the server and its workers."""
        master = psutil.Process(self.server.process.pid)
        for each in (master, *master.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self.server.process.wait(10)

    def revive(self) -> None:
        """Start the server again on its data."""
        self.server.process = start(self.server.environ, self.server.log)
        wait_until_ready(self.server)

    def new_package(self, name: str) -> str:
        """Make a private project with one package and return the package's URL."""
        self.admin.post("/api/v1/projects", {"name": name}).ok()
        self.admin.post(f"/api/v1/project/{name}/packages", {"name": "package"}).ok()
        return f"/api/v1/project/{name}/package"


@contextlib.contextmanager
def site(data_dir: Path, **settings: str) -> Iterator[Site]:
    """Run a service, and an application beside it on the same data."""
    with live_server(data_dir, **{**HASTE, **settings}) as server:
        app = create_app(Settings.from_env({**server.environ, "LOG_LEVEL": "ERROR"}))
        token = str(server.administrator().post("/api/v1/auth/keys", {"name": "tests"}).ok().data["key"])
        yield Site(server, app, token)
        with app.app_context():
            db.engine.dispose()


def eventually(holds: Any, seconds: float) -> bool:
    """Tell whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return bool(holds())
