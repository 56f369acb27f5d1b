"""A Redis database of its own for each test process, on a server that others may use as well."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

NUMBERS = range(1, 16)  # what a server has unless it is told otherwise; 0 is where claims are kept
CLAIM_SECONDS = 7200  # a test process that was killed gives its database back after that


@dataclass(frozen=True, slots=True)
class RedisDatabase:
    """One claimed database, empty at the beginning."""

    url: str
    number: int
    server: redis.Redis
    database: redis.Redis

    def clean(self) -> None:
        """Forget everything in it."""
        self.database.flushdb()

    def let_pass(self, time: timedelta) -> None:
        """Make every key older by so much, as if the time had passed here too."""
        for key in self.database.scan_iter(count=1000):
            left = self.database.pttl(key)
            if isinstance(left, int) and left > 0:
                self.database.pexpire(key, max(left - int(time.total_seconds() * 1000), 0))

    def destroy(self) -> None:
        """Give it back."""
        self.clean()
        self.server.delete(claim(self.number))
        for connected in (self.database, self.server):
            connected.close()


def claim(number: int) -> str:
    """Return the key that says that a database is taken."""
    return f"tests:database:{number}"


def make_redis_database(server_url: str) -> RedisDatabase:
    """Claim a database on this server; skip the test if all of them are taken."""
    server = redis.Redis.from_url(urlunsplit(urlsplit(server_url)._replace(path="/0")))
    for number in NUMBERS:
        if server.set(claim(number), "claimed", nx=True, ex=CLAIM_SECONDS):
            url = urlunsplit(urlsplit(server_url)._replace(path=f"/{number}"))
            made = RedisDatabase(url, number, server, redis.Redis.from_url(url))
            made.clean()
            return made
    server.close()
    pytest.skip("no redis: other test processes have taken every database of the server")
