"""A cache that fails when it shall forget something, which is what the service does behind a commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask

from wxcloudrun.stores.cache.memory import MemoryCache
from wxcloudrun.stores.cache.port import EntryKind


class Unforgetting(Exception):
    """What nobody foresaw."""


class BrokenCache(MemoryCache):
    """A cache that cannot forget."""

    def forget(self, kind: EntryKind[Any], group: str) -> None:
        """Fail."""
        raise Unforgetting(f"{kind.name} of {group}")


@contextmanager
def broken_cache(app: Flask) -> Iterator[None]:
    """Let every effect of a changed version fail until the block ends."""
    real = app.extensions["cache"]
    app.extensions["cache"] = BrokenCache(max_entries=10, ttl_seconds=60)
    try:
        yield
    finally:
        app.extensions["cache"] = real
