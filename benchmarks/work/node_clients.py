"""What clients of Node's packages do, beside the registry that they know."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from benchmarks import tarballs
from benchmarks.contenders.contender import Contender, Request
from benchmarks.contenders.service import PROJECT
from benchmarks.field import Field
from benchmarks.load import curl
from benchmarks.rounds import Case, Work
from benchmarks.tarballs import SamplePublication
from benchmarks.targets import (
    NPM_FULL,
    NPM_FULL_PROCESSOR,
    NPM_INSTALL_COLD,
    NPM_INSTALL_WARM,
    NPM_PUBLISH,
    NPM_SHORT,
    NPM_SHORT_PROCESSOR,
)
from benchmarks.work.installing import Installation
from benchmarks.work.package_clients import (
    INSTALLED_BYTES,
    MEGABYTE,
    PUBLISHED,
    PUBLISHED_BYTES,
    names_to_install,
)
from benchmarks.work.pages import CrowdedPage

# What npm says that it takes: who installs, and who looks at a package.
ABBREVIATED = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
WHOLE = "application/json"
CROWDED, CROWDED_VERSIONS = "crowded", 500
CREATED = 201


@dataclass(frozen=True, slots=True)
class NodeIndex:
    """How one server is spoken to: where its registry is, with what credential."""

    server: Contender
    url: str
    key: str = ""

    def publish(self, publication: SamplePublication) -> None:
        """Send a document as npm does."""
        request = Request(f"{self.url}{publication.name}", self._credential)
        curl.put(publication.path, request, status=CREATED, kind="application/json")

    def page(self, name: str, accept: str) -> CrowdedPage:
        """Return the page of a package, asked for as npm does."""
        request = Request(f"{self.url}{name}", {**self._credential, "Accept": accept})
        return CrowdedPage(self.server, request, b'"shasum":', CROWDED_VERSIONS)

    def installation(self, folder: Path) -> Installation:
        """Return how npm installs thirty packages from here."""
        folder.mkdir(parents=True, exist_ok=True)
        target, cache, settings = folder / "installed", folder / "cache", folder / "npmrc"
        settings.write_text(f"registry={self.url}\n")
        if self.key:
            with settings.open("a") as file:
                file.write(f"{self.url.removeprefix('http:')}:_authToken={self.key}\n")
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier"]
        places = ["--userconfig", str(settings), "--cache", str(cache), "--prefix", str(target)]
        return Installation(self.server, [*command, *places, *names_to_install()], target, cache)

    @property
    def _credential(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


def node_registries(field: Field) -> list[NodeIndex]:
    """Return the registries of Node's packages that take part."""
    mine = field.service
    found = [NodeIndex(mine, f"http://127.0.0.1:{mine.port}/npm/{PROJECT}/", mine.key)]
    if field.verdaccio is not None:
        found.append(NodeIndex(field.verdaccio, f"http://127.0.0.1:{field.verdaccio.port}/"))
    return found


def works(field: Field, seconds: int) -> Iterator[Work]:
    """Make every work of clients of Node's packages."""
    node = NodeWorks(field, seconds)
    for accept, at_once, processor in (
        (WHOLE, NPM_FULL, NPM_FULL_PROCESSOR),
        (ABBREVIATED, NPM_SHORT, NPM_SHORT_PROCESSOR),
    ):
        yield Work(at_once, "requests/s", partial(node.pages, accept))
        yield Work(processor, "ms", partial(node.page_processor, accept))
    yield Work(NPM_INSTALL_COLD, "s", partial(node.installing, is_warm=False))
    yield Work(NPM_INSTALL_WARM, "s", partial(node.installing, is_warm=True))
    yield Work(NPM_PUBLISH, "MB/s", node.publishing)


class NodeWorks:
    """Makes the cases; what they ask for is put in when first needed."""

    def __init__(self, field: Field, seconds: int) -> None:
        self._folder = field.folder / "tarballs"
        self._field = field
        self._seconds = seconds
        self._numbers = itertools.count(1)

    @cached_property
    def _registries(self) -> Sequence[NodeIndex]:
        return node_registries(self._field)

    @cached_property
    def _crowded(self) -> Sequence[NodeIndex]:
        """The registries, each with a package of five hundred versions."""
        for number in range(CROWDED_VERSIONS):
            self._publish(CROWDED, f"1.{number}.0", 0)
        return self._registries

    @cached_property
    def _stocked(self) -> Sequence[NodeIndex]:
        """The registries, each with all that is installed."""
        for name in names_to_install():
            self._publish(name, "1.0.0", INSTALLED_BYTES)
        return self._registries

    def _publish(self, name: str, version: str, size_bytes: int) -> None:
        publication = tarballs.made(self._folder, name, version, size_bytes)
        for registry in self._registries:
            registry.publish(publication)
        publication.path.unlink()

    def pages(self, accept: str) -> list[Case]:
        """The page of a package of five hundred versions, from eight connections."""
        return [each.page(CROWDED, accept).at_once(self._seconds) for each in self._crowded]

    def page_processor(self, accept: str) -> list[Case]:
        """What one such page costs the server's processor."""
        return [each.page(CROWDED, accept).processor() for each in self._crowded]

    def installing(self, *, is_warm: bool) -> list[Case]:
        """What `npm install` of thirty packages takes: with an empty cache, or with the one of before."""
        return [
            each.installation(self._folder / each.server.name).case(is_warm=is_warm) for each in self._stocked
        ]

    def publishing(self) -> list[Case]:
        """A tarball of 10 MB, new each time."""
        return [self._publishing(each) for each in self._registries]

    def _publishing(self, registry: NodeIndex) -> Case:
        wanted: list[SamplePublication] = []

        def prepare() -> None:
            version = f"1.{next(self._numbers)}.0"
            wanted[:] = [tarballs.made(self._folder, PUBLISHED, version, PUBLISHED_BYTES)]

        def run() -> None:
            registry.publish(wanted[0])
            wanted[0].path.unlink()

        server, amount = registry.server, PUBLISHED_BYTES / MEGABYTE
        return Case(server.name, run, amount=amount, server=server, prepare=prepare)
