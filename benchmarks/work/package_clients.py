"""What clients of packages do, beside the registries that they know: pages, installing, publishing.

A `PackageIndex` says how one server is spoken to. Those of Node's protocol are in `node_clients.py`.
"""

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from benchmarks import wheels
from benchmarks.contenders.contender import Contender, Request
from benchmarks.contenders.service import PROJECT
from benchmarks.field import Field
from benchmarks.load import curl
from benchmarks.rounds import Case, Work
from benchmarks.targets import INSTALL_COLD, INSTALL_WARM, PAGE, PAGE_PROCESSOR, PUBLISH
from benchmarks.wheels import SampleWheel
from benchmarks.work.installing import Installation
from benchmarks.work.pages import CrowdedPage

# What pip says that it takes.
ACCEPT = {
    "Accept": "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, "
    "text/html; q=0.01"
}
CROWDED, CROWDED_VERSIONS, CROWDED_WHEELS = "crowded", 50, 20  # as those have that compile
CROWDED_FILES = CROWDED_VERSIONS * CROWDED_WHEELS
INSTALLED, INSTALLED_BYTES = 30, 20_000
PUBLISHED, PUBLISHED_BYTES = "published", 10_000_000
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """How one server is spoken to: where uploads go, and where its pages are, with what credential."""

    server: Contender
    upload: Request
    simple: Request
    installing: str  # the address of its pages, with a credential

    def publish(self, wheel: SampleWheel) -> None:
        """Send a wheel as twine does."""
        curl.form(wheel.path, self.upload, "content", wheel.path.name, wheel.fields)

    def page(self, name: str) -> CrowdedPage:
        """Return the page of a project, asked for as pip does."""
        request = Request(f"{self.simple.url}{name}/", {**self.simple.headers, **ACCEPT})
        return CrowdedPage(self.server, request, b"-none-any.whl", CROWDED_FILES)

    def installation(self, folder: Path) -> Installation:
        """Return how pip installs thirty packages from here."""
        target, cache = folder / "installed", folder / "cache"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        where = ["--index-url", self.installing, "--trusted-host", "127.0.0.1", "--target", str(target)]
        command = [*pip, *where, "--cache-dir", str(cache), *names_to_install()]
        return Installation(self.server, command, target, cache)


def python_indexes(field: Field) -> list[PackageIndex]:
    """Return the indexes of Python packages that take part."""
    mine = field.service
    root = f"127.0.0.1:{mine.port}/pypi/{PROJECT}"
    key = {"Authorization": f"Bearer {mine.key}"}
    simple = Request(f"http://{root}/simple/", key)
    installing = f"http://__token__:{mine.key}@{root}/simple/"
    found = [PackageIndex(mine, Request(f"http://{root}/legacy/", key), simple, installing)]
    if field.pypi is not None:
        url = field.pypi.url
        found.append(PackageIndex(field.pypi, Request(url), Request(f"{url}simple/"), f"{url}simple/"))
    if field.devpi is not None:
        found.append(
            PackageIndex(field.devpi, field.devpi.upload, field.devpi.simple, field.devpi.simple.url)
        )
    return found


def works(field: Field, seconds: int) -> Iterator[Work]:
    """Make every work of clients of Python packages."""
    python = PythonWorks(field, seconds)
    yield Work(PAGE, "requests/s", python.pages)
    yield Work(PAGE_PROCESSOR, "ms", python.page_processor)
    yield Work(INSTALL_COLD, "s", partial(python.installing, is_warm=False))
    yield Work(INSTALL_WARM, "s", partial(python.installing, is_warm=True))
    yield Work(PUBLISH, "MB/s", python.publishing)


class PythonWorks:
    """Makes the cases; what they ask for is put in when first needed."""

    def __init__(self, field: Field, seconds: int) -> None:
        self._folder = field.folder / "wheels"
        self._field = field
        self._seconds = seconds
        self._numbers = itertools.count(1)

    @cached_property
    def _indexes(self) -> Sequence[PackageIndex]:
        return python_indexes(self._field)

    @cached_property
    def _crowded(self) -> Sequence[PackageIndex]:
        """The indexes, each with a project of a thousand files."""
        for number in range(CROWDED_FILES):
            version, interpreter = divmod(number, CROWDED_WHEELS)
            wheel = wheels.made(self._folder, CROWDED, f"1.{version}", python=f"cp3{interpreter}")
            for index in self._indexes:
                index.publish(wheel)
            wheel.path.unlink()
        return self._indexes

    @cached_property
    def _stocked(self) -> Sequence[PackageIndex]:
        """The indexes, each with all that is installed."""
        for name in names_to_install():
            wheel = wheels.made(self._folder, name, "1.0", INSTALLED_BYTES)
            for index in self._indexes:
                index.publish(wheel)
        return self._indexes

    def pages(self) -> list[Case]:
        """The page of a project of a thousand files, from eight connections."""
        return [each.page(CROWDED).at_once(self._seconds) for each in self._crowded]

    def page_processor(self) -> list[Case]:
        """What one such page costs the server's processor."""
        return [each.page(CROWDED).processor() for each in self._crowded]

    def installing(self, *, is_warm: bool) -> list[Case]:
        """What `pip install` of thirty packages takes: with an empty cache, or with the one of before."""
        return [
            each.installation(self._folder / each.server.name).case(is_warm=is_warm) for each in self._stocked
        ]

    def publishing(self) -> list[Case]:
        """A wheel of 10 MB, new each time."""
        return [self._publishing(index) for index in self._indexes]

    def _publishing(self, index: PackageIndex) -> Case:
        wanted: list[SampleWheel] = []

        def prepare() -> None:
            version = f"1.{next(self._numbers)}"
            wanted[:] = [wheels.made(self._folder, PUBLISHED, version, PUBLISHED_BYTES)]

        def run() -> None:
            index.publish(wanted[0])
            wanted[0].path.unlink()

        return Case(
            index.server.name, run, amount=PUBLISHED_BYTES / MEGABYTE, server=index.server, prepare=prepare
        )


def names_to_install() -> list[str]:
    """Return what is installed."""
    return [f"installed{number:02}" for number in range(INSTALLED)]
