"""What an administrator sees of the service."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support import builders
from tests.support.apps import MakeApp
from tests.support.builders import Person
from tests.support.client import ApiClient, sender
from tests.support.registry import Workshop

STATS = "/api/stats"


@pytest.fixture
def admin(client: ApiClient, make_person: Callable[..., Person]) -> ApiClient:
    """An administrator."""
    return client.as_(make_person("admin", is_admin=True).token)


def test_given_a_service_then_exactly_these_figures_are_there(admin: ApiClient) -> None:
    data = admin.get(STATS).ok().data

    assert set(data) == {"database", "cache", "background", "storage"}
    assert set(data["database"]) == {
        "status", "total_connections", "available_connections", "in_use_connections",
    }  # fmt: skip
    assert set(data["cache"]) == {"status", "entries", "hit_count", "miss_count", "hit_rate", "evictions"}
    assert set(data["background"]) == {"status", "tasks", "task_stats"}
    assert set(data["storage"]) == {"artifacts", "bytes", "leases", "pending_deletions"}


def test_given_uploads_then_whole_artifacts_and_their_bytes_are_counted_once(
    admin: ApiClient, shop: Workshop
) -> None:
    assert admin.get(STATS).data["storage"] == {
        "artifacts": 0, "bytes": 0, "leases": 0, "pending_deletions": 0,
    }  # fmt: skip
    shop.upload(b"x" * 1000, tag="one").ok()
    shop.upload(b"x" * 1000, tag="two").ok()
    shop.upload(b"y" * 234, tag="three").ok()

    storage = admin.get(STATS).ok().data["storage"]

    assert storage == {"artifacts": 2, "bytes": 1234, "leases": 0, "pending_deletions": 1}  # the copy


def test_given_connections_then_none_is_counted_twice_and_the_asking_one_is_back(admin: ApiClient) -> None:
    database = admin.get(STATS).ok().data["database"]

    assert database["status"] == "initialized"
    assert database["in_use_connections"] == 0
    assert database["total_connections"] == database["available_connections"] >= 1


@pytest.mark.one_process
def test_given_five_hits_and_a_miss_then_the_rate_is_written_as_a_percentage(make_app: MakeApp) -> None:
    app = make_app()
    shop, admin = owned_package(app)
    shop.put("/api/v1/project/p/box/upload/a", b"a", query={"version": "1.0.0"}).ok()
    assert admin.get(STATS).ok().data["cache"]["hit_rate"] == "0.0%"

    for _ in range(6):
        shop.get("/api/v1/project/p/box/+/latest").ok()

    cache = admin.get(STATS).ok().data["cache"]
    assert cache == {
        "status": "initialized", "entries": 1, "hit_count": 5, "miss_count": 1, "hit_rate": "83.3%",
        "evictions": 0,
    }  # fmt: skip


@pytest.mark.one_process
def test_given_more_questions_than_the_cache_holds_then_evictions_are_counted(make_app: MakeApp) -> None:
    app = make_app(CACHE_MAX_SIZE="2")
    shop, admin = owned_package(app)
    shop.put("/api/v1/project/p/box/upload/a", b"a", query={"version": "1.0.0"}).ok()

    for number in range(5):
        shop.get(f"/api/v1/project/p/box/+/version:<{number + 2}").ok()

    cache = admin.get(STATS).ok().data["cache"]
    assert (cache["entries"], cache["evictions"], cache["miss_count"]) == (2, 3, 5)


def owned_package(app: Flask) -> tuple[ApiClient, ApiClient]:
    """Make an empty package `p/box`; return its owner and an administrator."""
    client = ApiClient(sender(app))
    owner = client.as_(builders.person(app, "owner").token)
    owner.post("/api/v1/projects", {"name": "p"}).ok()
    owner.post("/api/v1/project/p/packages", {"name": "box"}).ok()
    return owner, client.as_(builders.person(app, "admin", is_admin=True).token)


def test_given_periodic_tasks_then_each_is_shown_by_its_name(admin: ApiClient) -> None:
    background = admin.get(STATS).ok().data["background"]

    assert background["status"] == "stopped"  # nothing works beside these tests
    assert background["tasks"] == len(background["task_stats"]) > 0
    for task in background["task_stats"].values():
        assert set(task) == {
            "interval_seconds", "enabled", "runs", "errors", "last_error", "last_run_at",
            "last_duration_seconds", "next_run_at",
        }  # fmt: skip
