"""The maintenance of one application, its store, and a clock that tests can put forward."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.inside import Inside
from tests.support.registry import Workshop
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.artifacts.service import fsck, rebuild, sweep
from wxcloudrun.artifacts.service.collect import Collected, CollectService, CollectSpec
from wxcloudrun.artifacts.service.deletions import DeletionService
from wxcloudrun.artifacts.service.digests import DigestService
from wxcloudrun.artifacts.service.fsck import Checked, CheckSpec, FsckService
from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.artifacts.service.rebuild import RebuildService, Rebuilt
from wxcloudrun.artifacts.service.sweep import SweepService, Swept
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.db import transaction
from wxcloudrun.stores.blobs.port import SHARDS
from wxcloudrun.versions.service.recount import FileCounts
from wxcloudrun.wiring.stores import blob_store

DAY_SECONDS = 86_400
LINK_SECONDS = 300


class Keeper(Inside):
    """Runs maintenance on an application and looks at what it leaves."""

    def collect(self, *, grace_seconds: int = 0, dry_run: bool = False) -> Collected:
        """Collect garbage of that age."""
        deletions = DeletionService(blobs=self.store)
        service = CollectService(deletions=deletions, grace_seconds=grace_seconds, link_seconds=LINK_SECONDS)
        with self.app.app_context():
            return service.run(CollectSpec(dry_run=dry_run))

    def sweep(self, *, force: bool = False) -> Swept:
        with self.app.app_context(), self._shards_in_use():
            return SweepService(blobs=self.store, deletions=DeletionService(blobs=self.store)).run(
                force=force
            )

    def fsck(self, **spec: Any) -> Checked:
        with self.app.app_context(), self._shards_in_use():
            return FsckService(blobs=self.store, files=FileCounts()).run(CheckSpec(**spec))

    def rebuild(self) -> Rebuilt:
        with self.app.app_context(), self._shards_in_use():
            return RebuildService(blobs=self.store).run()

    @contextmanager
    def _shards_in_use(self) -> Iterator[None]:
        """Let maintenance pass over the shards in which nothing lies and nothing should; there are 256.

        The commands, whose tests are in the same files, go through all of them.
        """
        lying = blob_store(self.app.extensions["settings"]).keys()  # of the test's own store the test counts
        keys = {found.key for found in lying}
        keys.update(self.column(select(Artifact.object_key)))
        used = tuple(sorted({SHARDS[0], *(key[:2] for key in keys)}))
        with pytest.MonkeyPatch.context() as patch:
            for service in (fsck, rebuild, sweep):
                patch.setattr(service, "SHARDS", used)
            yield

    def intake(self) -> IntakeService:
        """What an upload uses to bring its bytes in."""
        digests = DigestService(blobs=self.store, jobs=self.service(JobQueue), is_deferred=False)
        return IntakeService(
            blobs=self.store, digests=digests, max_upload_bytes=10**9, link_seconds=LINK_SECONDS
        )

    def orphan(self, data: bytes = b"nobody's") -> str:
        """Put an object into the store that nothing names."""
        key = ids.new_id()
        self.store.write(key, [data])
        return key

    def key_of(self, artifact_id: str) -> str:
        """Return under which key an artifact lies."""
        [key] = self.column(select(Artifact.object_key).where(Artifact.id == artifact_id))
        return str(key)

    def forget(self, artifact_id: str) -> None:
        """Lose a row, as a database that was restored from an old dump has."""
        with self.app.app_context(), transaction() as tx:
            tx.session.delete(tx.session.get_one(Artifact, artifact_id))

    def lease(self, key: str, *, seconds: int) -> None:
        """Write a lease down, as an upload does before its first byte."""
        now = clock.now()
        with self.app.app_context(), transaction() as tx:
            tx.session.add(Lease(object_key=key, created_at=now, expires_at=now + timedelta(seconds=seconds)))


@pytest.fixture
def keeper(app: Flask) -> Keeper:
    """Maintenance of the application."""
    return Keeper(app)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Put the clock forward by so many seconds."""
    real = clock.now
    ahead = timedelta()

    def put_forward(seconds: int) -> None:
        nonlocal ahead
        ahead += timedelta(seconds=seconds)

    monkeypatch.setattr(clock, "now", lambda: real() + ahead)
    return put_forward


@pytest.fixture
def deposit(shop: Workshop) -> Callable[..., str]:
    """Upload bytes and return the artifact's id."""

    def upload(data: bytes, **names: str) -> str:
        return str(shop.upload(data, **names).ok().data["artifact_id"])

    return upload
