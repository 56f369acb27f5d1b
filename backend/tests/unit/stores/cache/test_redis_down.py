"""A Redis that is not there: every question is a miss, and the log says so once."""

import logging
from pathlib import Path

import pytest

from tests.support.apps import MakeApp
from tests.support.cache_contract import Corn
from tests.support.inside import Inside
from wxcloudrun.kit import clock
from wxcloudrun.stores.cache.port import EntryKind, Key
from wxcloudrun.stores.cache.redis import RETRY_SECONDS, RedisCache

KEY = Key(EntryKind("corn", Corn), "7", "name")


@pytest.fixture
def cache() -> RedisCache:
    """A cache at a port where nobody listens."""
    return RedisCache("redis://127.0.0.1:9/0", max_entries=10, ttl_seconds=60)


def use(cache: RedisCache) -> None:
    """Do everything that one can do with a cache."""
    cache.put(KEY, Corn("lost"))
    assert cache.get(KEY) is None
    cache.forget(KEY.kind, KEY.group)


def test_given_no_redis_then_everything_is_a_miss_and_nothing_is_raised(cache: RedisCache) -> None:
    use(cache)
    cache.count(was_hit=False)

    figures = cache.figures()

    assert (figures.status, figures.entries, figures.misses) == ("unavailable", 0, 1)


def test_given_an_outage_then_it_is_logged_once_however_long_it_is(
    cache: RedisCache, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.WARNING):
        for later in range(5):
            now = clock.monotonic() + later * (RETRY_SECONDS + 1)
            monkeypatch.setattr(clock, "monotonic", lambda now=now: now)
            use(cache)

    assert [record.message for record in caplog.records] == ["cache_unavailable"]


def test_given_an_outage_then_redis_is_left_alone_for_a_while(
    cache: RedisCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(cache)
    asked: list[str] = []
    monkeypatch.setattr(cache._redis, "pipeline", lambda **_: asked.append("again"))  # noqa: SLF001  # what else would show that nobody is asked

    use(cache)

    assert asked == []


def test_given_no_redis_then_references_mean_what_they_mean(
    make_app: MakeApp, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/registry.db"
    app = make_app(DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:9/0", LOG_LEVEL="WARNING")
    shop = Inside(app).workshop()

    for version in ("1.0.0", "1.1.0"):
        shop.upload(version.encode(), version=version).ok()
        assert shop.download("version:^1").ok().body == version.encode()

    figures = app.extensions["cache"].figures()
    assert (figures.status, figures.hits, figures.misses) == ("unavailable", 0, 2)
    assert capsys.readouterr().err.count("cache_unavailable") == 1
