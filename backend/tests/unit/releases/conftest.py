"""Releases through the API, and a worker that works only when it is told to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from tests.support.client import Answer, ApiClient
from tests.support.inside import Inside
from tests.support.registry import Workshop
from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.jobs.service.kinds import JobKind
from wxcloudrun.jobs.service.work import WorkService
from wxcloudrun.packages.service import PackageService
from wxcloudrun.releases.gateway.port import Material, Wanted, Watch
from wxcloudrun.releases.service.lifecycle import OBTAIN
from wxcloudrun.releases.service.obtain import ObtainService
from wxcloudrun.releases.tasks import ReleaseTasks
from wxcloudrun.versions.service.versions import VersionService

RELEASES = "/api/v1/packages"
NIX = {"type": "nix"}


@dataclass(slots=True)
class Factory:
    """A source whose bytes the test decides, behind the same port as Nix."""

    blocks: Callable[[], Iterator[bytes]] = lambda: iter((b"built ", b"bytes"))
    sha256: str | None = None
    filename: str = "built.bin"
    announced_bytes: int | None = None
    output: bytes = b""
    asked: list[Wanted] = field(default_factory=list)

    @contextmanager
    def obtain(self, wanted: Wanted, watch: Watch) -> Iterator[Material]:
        """Open the bytes."""
        self.asked.append(wanted)
        watch.log.write(f"building {wanted.name} {wanted.version}\n".encode() + self.output)
        yield Material(self.filename, None, self.watched(watch), self.announced_bytes, self.sha256)

    def watched(self, watch: Watch) -> Iterator[bytes]:
        """Yield the bytes for as long as they are wanted."""
        for block in self.blocks():
            watch.still_wanted()
            yield block


class Works(Inside):
    """A project in which releases are made, and whoever obtains their bytes."""

    def __init__(self, app: Flask, shop: Workshop, factory: Factory) -> None:
        super().__init__(app)
        self.shop = shop
        self.factory = factory

    def create(self, version: str = "1.0.0", **more: Any) -> Answer:
        """Ask for a release, as the writer."""
        body = {"name": self.shop.package, "version": version, "project": self.shop.project, **more}
        return self.shop.writer.post(RELEASES, body)

    def made(self, version: str = "1.0.0", **more: Any) -> int:
        """Make a release and return its id."""
        return int(self.create(version, **more).ok().data["id"])

    def uploaded(self, version: str, data: bytes = b"bytes") -> int:
        """Make a release by uploading a version, and return its id."""
        self.shop.upload(data, version=version).ok()
        return int(self.shop.reader.get(self.shop.url(f"/versions/{version}")).ok().data["id"])

    def get(self, release_id: int) -> Mapping[str, Any]:
        """Return a release as the reader sees it."""
        return self.shop.reader.get(f"{RELEASES}/{release_id}").ok().data

    def status(self, release_id: int) -> str:
        """Return where a release stands."""
        return str(self.get(release_id)["status"])

    def post(self, release_id: int, verb: str, who: ApiClient | None = None) -> Answer:
        """Do something with a release, as the writer unless somebody else is named."""
        return (who or self.shop.writer).post(f"{RELEASES}/{release_id}/{verb}")

    def log(self, release_id: int) -> Mapping[str, Any]:
        """Return the log of a release."""
        return self.shop.reader.get(f"{RELEASES}/{release_id}/log").ok().data

    def work(self) -> int:
        """Do every job that is due, with the factory in the place of Nix; return how many there were."""
        intake, versions = self.service(IntakeService), self.service(VersionService)
        obtain = ObtainService(
            packages=self.service(PackageService),
            intake=intake,
            versions=versions,
            gateways={"nix": self.factory},
        )
        tasks = ReleaseTasks(obtain)
        kinds = {OBTAIN: JobKind(tasks.obtain, tasks.obtain_failed)}
        with self.app.app_context():
            return WorkService(kinds=kinds, lease_seconds=60).run_due()


@pytest.fixture
def works(app: Flask, shop: Workshop) -> Works:
    """A project with a factory."""
    return Works(app, shop, Factory())
