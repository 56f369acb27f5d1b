"""Sessions that nobody ends: their time, the sweeper, the package that is deleted."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.support.moments import Clock
from tests.support.registry import Workshop
from tests.unit.upload_sessions.conftest import Begin
from tests.unit.upload_sessions.test_survival import NOTHING, run
from wxcloudrun.artifacts.service.deletions import DeletionService
from wxcloudrun.artifacts.service.sweep import SweepService
from wxcloudrun.kit.db import reading
from wxcloudrun.upload_sessions.models import SessionPart, UploadSession
from wxcloudrun.upload_sessions.service.expiry import UploadExpiryService


def test_given_no_part_for_a_day_then_the_session_is_over_and_later_its_receipt_is_forgotten(
    app: Flask, begin: Begin, time: Clock, remains: Callable[[], dict[str, int]]
) -> None:
    sending, done = begin(), begin(seed=2)
    done.put_all()
    done.complete().ok()
    sending.put(1).ok()
    time.advance(hours=23)
    sending.put(2).ok()
    time.advance(hours=23)
    with app.app_context():
        assert run(app, UploadExpiryService).run() == 0
        run(app, SweepService).run()
    assert sending.look().data["received"] == [[1, 2]], "what has a session is no garbage"
    time.advance(hours=2)

    assert (sending.put(3).status, sending.complete().status) == (410, 410)
    assert sending.look().data["state"] == "expired", "also before a job has written that down"
    with app.app_context():
        assert run(app, UploadExpiryService).run() == 1
    assert sending.look().data["state"] == "expired"
    assert done.complete().status == 200
    assert remains() == {"artifacts": 1, "leases": 0, "uploads": 1, "objects": 1}

    time.advance(days=7)
    with app.app_context():
        assert run(app, UploadExpiryService).run() == 2
        with reading() as session:
            left = [
                session.execute(select(func.count()).select_from(t)).scalar_one()
                for t in (UploadSession, SessionPart)
            ]
    assert left == [0, 0]
    assert sending.look().status == 404


@pytest.mark.one_process
def test_given_a_sweeper_that_was_there_first_and_a_store_that_was_away_then_the_session_ends_all_the_same(
    app: Flask,
    begin: Begin,
    time: Clock,
    monkeypatch: pytest.MonkeyPatch,
    remains: Callable[[], dict[str, int]],
) -> None:
    sending = begin()
    time.advance(days=2)
    with app.app_context(), monkeypatch.context() as away:
        away.setattr(DeletionService, "carry_out", lambda _: 0)
        run(app, SweepService).run()

        assert run(app, UploadExpiryService).run() == 1

    assert sending.look().data["state"] == "expired"
    with app.app_context():
        run(app, SweepService).run()
    assert remains() == NOTHING


def test_no_session_lives_longer_than_a_week_however_often_something_comes(begin: Begin, time: Clock) -> None:
    sending = begin()
    for _ in range(8):
        sending.put(1).ok()
        time.advance(hours=20)
    sending.put(2).ok()
    time.advance(hours=20)

    assert sending.put(3).status == 410


def test_given_the_package_deleted_then_its_sessions_go_with_it(
    app: Flask, shop: Workshop, begin: Begin, time: Clock, remains: Callable[[], dict[str, int]]
) -> None:
    sending = begin()
    sending.put(1).ok()

    shop.owner.request("DELETE", f"/api/v1/project/{shop.project}/packages/{shop.package}?force=true").ok()

    assert sending.put(2).status == 404
    time.advance(days=2)
    with app.app_context():
        run(app, SweepService).run()
    assert remains() == NOTHING
