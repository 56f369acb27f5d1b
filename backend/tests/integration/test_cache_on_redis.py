"""The cache on a real Redis: what one process keeps or forgets, the others see."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask

from tests.support import builders
from tests.support.apps import environment
from tests.support.backing import backing
from tests.support.cache_contract import MAX_ENTRIES, TTL_SECONDS, CacheContract, Corn, kind
from tests.support.client import ApiClient, sender
from tests.support.inside import Inside
from tests.support.moments import Clock
from tests.support.registry import Workshop
from wxcloudrun.app import create_app
from wxcloudrun.config import Settings
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import db
from wxcloudrun.stores.cache import redis as adapter
from wxcloudrun.stores.cache.port import Cache, CacheFigures, EntryKind, Key
from wxcloudrun.stores.cache.redis import RedisCache, entry_name

__all__ = ["kind"]  # a fixture of the contract


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, str], None]) -> str:
    """A real Redis, in which this test has names of its own."""
    record_property("server", "redis")
    found = str(backing().need("redis")["url"])
    prefix = f"cache-test-{builders.content(8, seed=clock.now().microsecond).hex()}:"
    monkeypatch.setattr(adapter, "PREFIX", prefix)
    monkeypatch.setattr(adapter, "LAST_USE", prefix + "last-use")
    return found


class TestRedisCache(CacheContract):
    @pytest.fixture
    def make(self, url: str) -> Callable[[], Cache]:
        return lambda: RedisCache(url, max_entries=MAX_ENTRIES, ttl_seconds=TTL_SECONDS)

    def test_two_processes_share_entries_and_what_is_forgotten(
        self, make: Callable[[], Cache], kind: EntryKind[Corn]
    ) -> None:
        here, there, key = make(), make(), Key(kind, "7", "name")
        here.put(key, Corn("shared"))
        assert there.get(key) == Corn("shared")
        assert there.figures().entries == 1

        there.forget(kind, "7")

        assert here.get(key) is None
        assert here.figures().entries == 0

    def test_an_entry_ends_by_itself_and_is_json(self, cache: Cache, url: str, kind: EntryKind[Corn]) -> None:
        key = Key(kind, "7", "name")
        cache.put(key, Corn("text", number=3))

        with redis.Redis.from_url(url) as server:
            assert server.get(entry_name(key)) == b'{"text":"text","grains":[],"number":3}'
            assert 0 < server.ttl(entry_name(key)) <= TTL_SECONDS
            assert 0 < server.ttl(adapter.LAST_USE) <= TTL_SECONDS

    def test_given_entries_by_a_clock_that_was_ahead_then_they_leave_room_for_others(
        self, cache: Cache, kind: EntryKind[Corn], time: Clock
    ) -> None:
        with time.ahead(days=400):
            for number in range(MAX_ENTRIES):
                cache.put(Key(kind, "7", str(number)), Corn("old"))

        key = Key(kind, "7", "new")
        cache.put(key, Corn("new"))

        assert cache.get(key) == Corn("new")
        assert cache.figures().entries == 1

    @pytest.mark.parametrize("text", [b"", b"nonsense", b'{"text": 7}', b'{"another": "shape"}', b"[]"])
    def test_what_another_release_wrote_is_a_miss(
        self, cache: Cache, url: str, kind: EntryKind[Corn], text: bytes
    ) -> None:
        key = Key(kind, "7", "name")
        with redis.Redis.from_url(url) as server:
            server.set(entry_name(key), text, ex=TTL_SECONDS)

        assert cache.get(key) is None


Instances = tuple[Flask, Flask]


@pytest.fixture
def instances(url: str, tmp_path: Path) -> Iterator[Instances]:
    """Two services on one database, one blob store and one Redis."""
    environ = {
        **environment(".env.unit"),
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/registry.db",
        "REDIS_URL": url,
    }
    made = (create_app(Settings.from_env(environ)), create_app(Settings.from_env(environ)))
    with made[0].app_context():
        db.metadata.create_all(db.engine)
    yield made
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def shop(instances: Instances) -> Workshop:
    """A package with two versions, spoken to through the first instance."""
    first = instances[0]
    made = Inside(first).workshop()
    for version in ("1.0.0", "1.1.0"):
        made.upload(version.encode(), version=version).ok()
    return made


def through(app: Flask, shop: Workshop) -> bytes:
    """Download the highest 1.x from one instance."""
    reader = ApiClient(sender(app)).as_(shop.people["reader"].token)
    return reader.get(shop.url("/+/version:^1")).ok().body


def figures(app: Flask) -> CacheFigures:
    """Return how the cache does, as one instance sees it."""
    found: CacheFigures = app.extensions["cache"].figures()
    return found


class TestTwoInstances:
    def test_what_one_has_worked_out_the_other_need_not(self, instances: Instances, shop: Workshop) -> None:
        first, second = instances

        assert [through(first, shop), through(second, shop)] == [b"1.1.0", b"1.1.0"]

        assert (figures(first).misses, figures(second).hits) == (1, 1)

    def test_given_an_upload_to_one_then_the_other_has_forgotten_and_serves_the_new_bytes(
        self, instances: Instances, shop: Workshop
    ) -> None:
        second = instances[1]
        through(second, shop)
        assert figures(second).entries == 1

        shop.upload(b"1.2.0", version="1.2.0").ok()  # to the first

        assert figures(second).entries == 0, "purged after the commit"
        assert through(second, shop) == b"1.2.0"

    def test_given_a_purge_that_was_lost_then_no_wrong_bytes_are_served(
        self, instances: Instances, shop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = instances
        through(second, shop)

        # The first instance cannot reach Redis for a moment, just while it commits.
        monkeypatch.setattr(first.extensions["cache"], "_ask_again_at", clock.monotonic() + 3600)
        shop.upload(b"1.2.0", version="1.2.0").ok()
        assert figures(second).entries == 1, "the overtaken choice is still there"

        assert through(second, shop) == b"1.2.0"
        assert through(second, shop) == b"1.2.0"
        assert figures(second).hits == 1, "only the last one was right"

    def test_given_a_deletion_whose_purge_was_lost_then_the_next_best_is_served(
        self, instances: Instances, shop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = instances
        through(second, shop)

        monkeypatch.setattr(first.extensions["cache"], "_ask_again_at", clock.monotonic() + 3600)
        shop.maintainer.delete(shop.url("/versions/1.1.0")).ok()

        assert through(second, shop) == b"1.0.0"
