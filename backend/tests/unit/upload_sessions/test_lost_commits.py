"""Beginning a session when the database does not say whether it has committed."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.builders import content, sha256
from tests.support.lost_commits import lost_commit
from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.upload_sessions.test_survival import NOTHING, run
from wxcloudrun.artifacts.service.sweep import SweepService
from wxcloudrun.kit.db import reading
from wxcloudrun.upload_sessions.models import UploadSession
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService
from wxcloudrun.wiring.stores import blob_store

DATA = content(1000)


def begin_without_answer(app: Flask, shop: Workshop, *, is_done: bool) -> None:
    """Begin a session whose commit is not answered."""
    with app.app_context():
        blobs = blob_store(app.extensions["settings"])
    with lost_commit(app, is_done=is_done, when=lambda: any(blobs.unfinished())):
        wanted = {"filename": "a.bin", "size": len(DATA)}
        assert shop.writer.post(shop.url("/uploads/sessions"), wanted).status == 503


def sessions_of(app: Flask) -> list[str]:
    """Return the ids of all sessions."""
    with app.app_context(), reading() as session:
        return list(session.execute(select(UploadSession.public_id)).scalars())


@pytest.mark.one_process
def test_given_a_beginning_that_was_committed_and_not_confirmed_then_the_session_is_as_good_as_any(
    app: Flask, shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("WARNING"):
        begin_without_answer(app, shop, is_done=True)
    assert [record.message for record in caplog.records].count("commit_outcome_unknown") == 1
    with app.app_context():
        run(app, SweepService).run()

    (public_id,) = sessions_of(app)
    url = shop.url(f"/uploads/sessions/{public_id}")
    shop.writer.put(f"{url}/parts/1", DATA).ok()

    assert shop.writer.post(f"{url}/complete", {}).ok().data["sha256"] == sha256(DATA)


@pytest.mark.one_process
@pytest.mark.parametrize("is_done", [False, True])
def test_given_a_beginning_of_which_nobody_knows_then_nothing_of_it_stays(
    app: Flask, shop: Workshop, time: Clock, remains: Callable[[], dict[str, int]], *, is_done: bool
) -> None:
    begin_without_answer(app, shop, is_done=is_done)
    assert len(sessions_of(app)) == int(is_done)
    time.advance(days=2)

    with app.app_context():
        assert run(app, UploadExpiryService).run() == int(is_done)
        run(app, SweepService).run()

    assert remains() == NOTHING
