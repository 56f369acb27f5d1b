"""Pages of registries with much on them: how many a second, and what one costs."""

from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks.contenders.contender import Contender, Request
from benchmarks.load import wrk
from benchmarks.load.curl import Failed
from benchmarks.rounds import Case

PAGES = 50  # asked for one after the other, to see what one costs
OK = 200


@dataclass(frozen=True, slots=True)
class CrowdedPage:
    """A page of a server, on which something stands at least so many times."""

    server: Contender
    request: Request
    listed: bytes
    times: int

    def at_once(self, seconds: int) -> Case:
        """Ask for it from eight connections."""
        self.ask(1)

        def run() -> float:
            seen = wrk.get(self.request, seconds)
            return seen.requests / seen.seconds

        return Case(self.server.name, run, server=self.server)

    def processor(self) -> Case:
        """See what one costs the server's processor, in milliseconds."""
        running = self.server.running

        def run() -> float:
            before = running.cpu_seconds() if running is not None else 0.0
            self.ask(PAGES)
            after = running.cpu_seconds() if running is not None else 0.0
            return (after - before) * 1000 / PAGES

        return Case(self.server.name, run, server=self.server)

    def ask(self, times: int) -> None:
        """Ask for it again and again over one connection. Raises Failed unless it has all that it should."""
        parts = urlsplit(self.request.url)
        connection = HTTPConnection(parts.netloc, timeout=60)
        for _ in range(times):
            connection.request("GET", parts.path, headers=self.request.headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != OK or body.count(self.listed) < self.times:
                raise Failed(f"{self.request.url} answered {answer.status} and {len(body)} bytes")
        connection.close()
