"""What is done again and again is done in statements with a bound, however much there is to do."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.support import crowds
from tests.support.builders import sha256
from tests.support.client import ApiClient
from tests.support.registry import Workshop
from tests.support.statements import recorded
from tests.unit.erasure.conftest import VERSIONS, Eraser
from wxcloudrun.artifacts.models import Artifact
from wxcloudrun.artifacts.service.fsck import CheckSpec, FsckService
from wxcloudrun.erasure.rules import AT_ONCE_ROWS
from wxcloudrun.jobs.models import Job
from wxcloudrun.jobs.service.periodic import PeriodicService
from wxcloudrun.jobs.service.statistics import JobStatistics
from wxcloudrun.keys.models import ApiKey
from wxcloudrun.kit import clock, ids, windows
from wxcloudrun.sessions.models import LoginSession, RefreshToken
from wxcloudrun.stores.limits import sql
from wxcloudrun.stores.limits.port import Counter
from wxcloudrun.stores.limits.sql import RateCounter, SqlCounters

MANY = AT_ONCE_ROWS + 200
PASSWORD = "a password of their own"

type Touched = list[tuple[int, str]]


def most(touched: Touched) -> int:
    """Return how many rows the largest statement has changed."""
    return max((rows for rows, _ in touched), default=0)


def add_ended_jobs(count: int) -> None:
    """Make jobs that ended a year ago."""
    ago = clock.now() - timedelta(days=365)
    row = {
        "kind": "sweep", "arguments": "{}", "state": "done", "attempts": 1, "max_attempts": 1, "fence": 1,
        "losses": 0, "not_before": ago, "created_at": ago, "finished_at": ago,
    }  # fmt: skip
    crowds.put(Job, (row for _ in range(count)))


def test_given_very_much_that_is_over_then_each_periodic_task_takes_it_in_steps(
    app: Flask, large: Workshop, eraser: Eraser, touched: Touched, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = large.people["writer"]
    with app.app_context():
        crowds.fill_user(writer.id, MANY, tokens_each=2)
        add_ended_jobs(MANY)
        crowds.put(
            Artifact,
            (
                {"id": sha256(b"%d" % number), "size_bytes": 1, "object_key": ids.new_id(),
                 "created_at": clock.now()}
                for number in range(MANY)
            ),
        )  # fmt: skip
    real = clock.now
    service: PeriodicService = app.extensions["services"][PeriodicService]
    touched.clear()
    with app.app_context():
        service.run_due()  # makes their rows
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=800))
        service.run_due()
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=802))
        service.run_due()

    assert most(touched) <= AT_ONCE_ROWS
    assert eraser.left(LoginSession, RefreshToken, Job) == 0
    assert eraser.left(Artifact) == 1, "the one that versions refer to"


def test_given_a_new_password_then_very_many_sessions_end_at_once_in_steps(
    app: Flask, client: ApiClient, touched: Touched
) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    user = client.post("/api/v1/auth/register", body).ok().data["id"]
    ada = client.as_(client.post("/api/v1/auth/login", body).ok().data["access_token"])
    with app.app_context():
        crowds.fill_user(user, MANY)
    touched.clear()

    change = {"current_password": PASSWORD, "new_password": "another one of theirs"}
    ada.request("PUT", "/api/v1/auth/password", json=change).ok()

    assert most(touched) <= AT_ONCE_ROWS
    with app.app_context():
        assert crowds.count(LoginSession, LoginSession.ended_at.is_(None)) == 1


def test_given_very_many_keys_that_are_bound_to_a_project_then_all_are_revoked_with_it_in_steps(
    app: Flask, shop: Workshop, touched: Touched
) -> None:
    other = shop.people["reader"]
    with app.app_context():
        crowds.fill_user(other.id, MANY)
        crowds.change(ApiKey, ApiKey.user_id == other.id, project_id=crowds.project_id(shop.project))
    assert shop.reader.get("/api/v1/auth/me").status == 200
    touched.clear()

    shop.owner.delete(f"/api/v1/project/{shop.project}", query={"force": "true"}).ok()

    assert most(touched) <= AT_ONCE_ROWS
    assert shop.reader.get("/api/v1/auth/me").status == 401, "bound to it like all of theirs"
    with app.app_context():
        assert crowds.count(ApiKey, ApiKey.user_id == other.id, ApiKey.revoked_at.is_(None)) == 0


def test_given_very_many_windows_that_have_ended_then_each_hit_forgets_some(
    app: Flask, touched: Touched, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = clock.now() - timedelta(hours=1)
    with app.app_context():
        crowds.put(RateCounter, ({"key": f"k{number}", "hits": 1, "ends_at": past} for number in range(2500)))
        monkeypatch.setattr(sql, "FORGET_EVERY_SECONDS", 0.0)
        counters, left = SqlCounters(), []
        touched.clear()
        for _ in range(4):
            counters.hit([Counter("mine", 60)])
            left.append(crowds.count(RateCounter))

    assert left == [1501, 501, 1, 1]
    assert most(touched) <= sql.FORGOTTEN_AT_ONCE


def test_given_large_tables_then_counts_are_added_up_from_parts(
    app: Flask, large: Workshop, root: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        add_ended_jobs(35)
    monkeypatch.setattr(windows, "ROWS", 10)
    check: FsckService = app.extensions["services"][FsckService]

    with recorded() as statements:
        stats = root.get("/api/stats").ok().data
        verdict = root.post("/api/v1/audit/verify").ok().data
        with app.app_context():
            report = check.run(CheckSpec())
            jobs = app.extensions["services"][JobStatistics].summary().jobs

    assert stats["storage"]["artifacts"] == 1
    assert jobs["done"] == 35
    assert verdict["clean"] is True
    assert (report.references, report.counts) == (VERSIONS + 1, {"object_missing": 1})
    assert report.findings[0]["artifact_id"] == sha256(b"crowd")
    counting = [each for each in statements if "count(" in each.lower()]
    assert len(counting) > VERSIONS / 10
    assert all("WHERE" in each for each in counting if "versions" in each or "uploads" in each)
    assert large.reader.get(large.url("/versions")).status == 200
