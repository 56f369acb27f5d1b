"""Small files and questions from eight connections; the amount is requests."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks import fill
from benchmarks.contenders.contender import Contender, Request
from benchmarks.contenders.service import PROJECT
from benchmarks.field import Field
from benchmarks.files import SampleFile
from benchmarks.load import wrk
from benchmarks.load.curl import Failed
from benchmarks.rounds import Case, Work

UNIT = "requests/s"
THOUSAND = "thousand"  # a package of 1 000 versions
DEEP, DEEP_VERSIONS, PAGE_ROWS = "deep", 50_100, 50  # a package with more than 1 000 pages of versions
RANGE = "version:%5E1.0"


def works(field: Field, seconds: int) -> Iterator[Work]:
    """Make every work of many requests."""
    reads = Reads(field, seconds)
    yield Work("10 KB up, 8 connections", UNIT, partial(pushes, field, seconds))
    yield Work("10 KB down, 8 connections", UNIT, partial(pulls, field, seconds))
    yield Work("metadata: one version", UNIT, reads.one_version)
    yield Work("metadata: one artifact", UNIT, reads.one_artifact)
    yield Work("304 for bytes that the client has", UNIT, reads.unchanged)
    yield Work("resolve a range among 1 000 versions", UNIT, reads.ranged)
    yield Work("page 1 of a list", UNIT, reads.first_page)
    yield Work("page 1 000 of a list", UNIT, reads.page_1000)


class Reads:
    """Makes the cases of questions to one instance; what they ask for is put in when first needed."""

    def __init__(self, field: Field, seconds: int) -> None:
        self._field = field
        self._mine = field.service
        self._seconds = seconds

    @cached_property
    def _sample(self) -> SampleFile:
        sample = self._field.samples.fresh(wrk.SMALL_BYTES)
        self._mine.put(sample)
        return sample

    @cached_property
    def _filled(self) -> bool:
        fill.versions(self._mine, [(THOUSAND, 1000), (DEEP, DEEP_VERSIONS)])
        return True

    def one_version(self) -> list[Case]:
        """What a version is."""
        return self._asking(self._mine.request(f"/versions/{self._sample.name}"))

    def one_artifact(self) -> list[Case]:
        """What an artifact is and who holds it."""
        path = f"/api/v1/artifact/{self._sample.sha256}"
        return self._asking(elsewhere(self._mine.get(self._sample), path))

    def unchanged(self) -> list[Case]:
        """A download by somebody who has the bytes."""
        etag = f'"{self._sample.sha256}"'
        request = self._mine.request(f"/+/version:{self._sample.name}", If_None_Match=etag)
        return self._asking(request, 304)

    def ranged(self) -> list[Case]:
        """What a range means."""
        return (self._filled and self._asking(self._mine.request(f"/resolve?ref={RANGE}", THOUSAND))) or []

    def first_page(self) -> list[Case]:
        """The newest versions."""
        return (self._filled and self._asking(self._mine.request(f"/versions?limit={PAGE_ROWS}", DEEP))) or []

    def page_1000(self) -> list[Case]:
        """A page far behind in the same list."""
        return (self._filled and self._asking(page_1000(self._field))) or []

    def _asking(self, request: Request, status: int = 200) -> list[Case]:
        return [asking(self._mine, request, self._seconds, status)]


def pushes(field: Field, seconds: int) -> list[Case]:
    """10 KB up: distinct bodies."""
    protocols: list[tuple[Contender, Request, str]] = [
        (mine, mine.request("/upload"), "raw")
        for mine in ((field.service,) if field.is_quick else (field.service, field.deferred))
    ]
    if field.docker is not None:
        protocols.append((field.docker, Request(field.docker.url), "docker"))
    if field.pypi is not None:
        protocols.append((field.pypi, Request(field.pypi.url), "form"))
    return [pushing(field, *each, seconds) for each in protocols]


def pulls(field: Field, seconds: int) -> list[Case]:
    """10 KB down: one file, from a private project with an API key where there are such things."""
    sample = field.samples.fresh(wrk.SMALL_BYTES)
    for each in (field.service, field.docker, field.pypi):
        if each is not None:
            each.put(sample)
    servers = (field.service, field.docker, field.pypi, field.nginx)
    return [asking(server, server.get(sample), seconds) for server in servers if server is not None]


def asking(server: Contender, request: Request, seconds: int, status: int = 200) -> Case:
    """A case that asks the same question again and again, once it has been answered as expected."""
    check(request, status)
    return Case(server.name, rate(lambda: wrk.get(request, seconds)), server=server)


def pushing(field: Field, server: Contender, request: Request, protocol: str, seconds: int) -> Case:
    """A case that puts distinct files in."""
    push = rate(lambda: wrk.push(request, seconds, protocol=protocol, folder=field.folder))
    return Case(server.name, push, server=server, prepare=field.deferred.settle)


def rate(load: Callable[[], wrk.Load]) -> Callable[[], float]:
    """Return requests in a second."""

    def run() -> float:
        seen = load()
        return seen.requests / seen.seconds

    return run


def page_1000(field: Field) -> Request:
    """Return the request for a page far behind in a long list."""
    path, left, after = f"/project/{PROJECT}/{DEEP}/versions", 999 * PAGE_ROWS, ""
    while left:
        rows = min(left, 200)
        after = field.service.call("GET", f"{path}?limit={rows}{after and f'&cursor={after}'}")["next_cursor"]
        left -= rows
    return field.service.request(f"/versions?limit={PAGE_ROWS}&cursor={after}", DEEP)


def elsewhere(request: Request, path: str) -> Request:
    """Return the same request for another path."""
    return Request(urlsplit(request.url)._replace(path=path).geturl(), request.headers)


def check(request: Request, status: int) -> None:
    """Raise Failed unless the request is answered with this status."""
    parts = urlsplit(request.url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", f"{parts.path}?{parts.query}", headers=request.headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != status:
        raise Failed(f"{request.url} answered {answer.status} instead of {status}")
