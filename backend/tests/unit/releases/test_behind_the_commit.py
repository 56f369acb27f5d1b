"""Once the rows of a release are written, whatever fails afterwards, the release keeps its bytes."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.broken_cache import broken_cache
from tests.support.builders import sha256
from tests.support.lost_commits import lost_commit
from tests.support.moments import Clock
from tests.unit.releases.conftest import NIX, Works
from wxcloudrun.jobs.models import Job
from wxcloudrun.kit.db import reading
from wxcloudrun.wiring.stores import blob_store

BUILT = b"built bytes"


def jobs_of(app: Flask) -> list[Job]:
    """Return the jobs as they stand in their rows."""
    with app.app_context(), reading() as session:
        return list(session.execute(select(Job).order_by(Job.id)).scalars())


def objects(app: Flask) -> set[str]:
    """Return the keys of all objects in the store."""
    found = blob_store(app.extensions["settings"]).keys()
    return {each.key for each in found}


def test_given_an_effect_that_fails_then_the_release_is_downloaded_and_its_object_stays(
    works: Works, caplog: pytest.LogCaptureFixture
) -> None:
    release_id = works.made("1.0.0", source=NIX)

    with broken_cache(works.app):
        works.work()

    assert works.status(release_id) == "downloaded"
    assert works.shop.download("version:1.0.0").body == BUILT
    assert [(job.state, job.attempts) for job in jobs_of(works.app)] == [("done", 1)]
    assert len(objects(works.app)) == 1
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["effect_failed"]


def test_given_a_commit_that_was_done_and_not_confirmed_then_the_release_keeps_its_bytes(
    works: Works, time: Clock
) -> None:
    release_id = works.made("1.0.0", source=NIX)

    with lost_commit(works.app, is_done=True, when=lambda: bool(objects(works.app))):
        works.work()

    assert works.status(release_id) == "downloaded"
    time.advance(minutes=20)
    works.work()
    assert works.get(release_id)["artifact_id"] == sha256(BUILT)
    assert works.shop.download("version:1.0.0").body == BUILT
