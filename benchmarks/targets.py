"""What has to be reached, as rows of data, and whether it was."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[tuple[str, str], Mapping[str, Any]]

MINE, DEFERRED, DOCKER = "service", "service, deferred digests", "docker-registry"
UP, FORM, DOWN = "large up, raw PUT", "large up, multipart form", "large down"
SMALL_UP, SMALL_DOWN = "10 KB up, 8 connections", "10 KB down, 8 connections"
METADATA = "metadata: one version"
PAGE = "Python: a project of 1 000 files, 8 connections"
PAGE_PROCESSOR = "Python: a project of 1 000 files, processor time"
INSTALL_COLD, INSTALL_WARM = "Python: pip install of 30, nothing cached", "Python: pip install of 30, cached"
PUBLISH = "Python: 10 MB published"
PYTHON_WORKS = (PAGE, PAGE_PROCESSOR, INSTALL_COLD, INSTALL_WARM, PUBLISH)
NPM_FULL = "npm: a package of 500 versions, 8 connections"
NPM_FULL_PROCESSOR = "npm: a package of 500 versions, processor time"
NPM_SHORT = "npm: 500 versions abbreviated, 8 connections"
NPM_SHORT_PROCESSOR = "npm: 500 versions abbreviated, processor time"
NPM_INSTALL_COLD, NPM_INSTALL_WARM = (
    "npm: npm install of 30, nothing cached",
    "npm: npm install of 30, cached",
)
NPM_PUBLISH = "npm: 10 MB published"
NPM_WORKS = (
    NPM_FULL, NPM_FULL_PROCESSOR, NPM_SHORT, NPM_SHORT_PROCESSOR,
    NPM_INSTALL_COLD, NPM_INSTALL_WARM, NPM_PUBLISH,
)  # fmt: skip
GIB = 1024**3
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Ratio:
    """What one reached in a work must be at least so many times what another reached."""

    work: str
    mine: str
    beside: str
    at_least: float
    beside_work: str | None = None

    @property
    def text(self) -> str:
        """Say it in words."""
        of = self.beside if self.beside_work is None else f"{self.beside_work}"
        who = "" if self.mine.startswith(MINE) and self.mine != DEFERRED else f" ({self.mine})"
        return f"{self.work}{who}: at least {self.at_least:g} × {of}"

    def reached(self, figures: Figures) -> float | None:
        """Return the ratio, None if somebody did not take part."""
        above = figures.get((self.work, self.mine))
        below = figures.get((self.beside_work or self.work, self.beside))
        if above is None or below is None or not below["median"]:
            return None
        return float(above["median"] / below["median"])

    def is_met(self, reached: float) -> bool:
        """Compare."""
        return reached >= self.at_least


@dataclass(frozen=True, slots=True)
class NoSlower:
    """What one takes for a work must be at most so many times what another takes."""

    work: str
    mine: str
    beside: str
    at_most: float

    @property
    def text(self) -> str:
        """Say it in words."""
        return f"{self.work}: at most {self.at_most:.2g} × {self.beside}"

    def reached(self, figures: Figures) -> float | None:
        """Return the ratio, None if somebody did not take part."""
        mine, other = figures.get((self.work, self.mine)), figures.get((self.work, self.beside))
        if mine is None or other is None or not other["median"]:
            return None
        return float(mine["median"] / other["median"])

    def is_met(self, reached: float) -> bool:
        """Compare."""
        return reached <= self.at_most


@dataclass(frozen=True, slots=True)
class Most:
    """A figure of the service must not be larger than this; `field` is the median or what was used."""

    work: str
    mine: str
    field: str
    at_most: float
    unit: str
    divisor: float = 1.0
    per_gib: bool = False

    @property
    def text(self) -> str:
        """Say it in words."""
        what = {"median": "", "median_cpu_seconds": ", processor time", "peak_bytes": ", a worker's memory"}
        return f"{self.work}{what[self.field]}: at most {self.at_most:g} {self.unit}"

    def reached(self, figures: Figures) -> float | None:
        """Return the figure, None if it was not measured."""
        found = figures.get((self.work, self.mine))
        if found is None or found[self.field] is None:
            return None
        scale = GIB / found["size_bytes"] if self.per_gib else 1.0
        return float(found[self.field] / self.divisor * scale)

    def is_met(self, reached: float) -> bool:
        """Compare."""
        return reached <= self.at_most


UNDISTURBED = "undisturbed"


def patience(work: str, mine: str) -> Iterator[Ratio | Most]:
    """What everybody else may notice of slow clients."""
    yield Most(f"{work}: health, 99th percentile", mine, "median", 100, "ms")
    for question in ("metadata", "10 KB down", "10 KB up"):
        yield Ratio(f"{work}: {question}", mine, UNDISTURBED, 0.7)
    if work == "idle connections":
        yield Most(f"{work}: the last one dropped after", mine, "median", 15, "s")
    else:
        yield Most(f"{work}: transfers that were not whole", mine, "median", 0, "")
        yield Most(f"{work}: a worker's memory", mine, "median", 200, "MB")


def beside_python_indexes() -> Iterator[Ratio | NoSlower]:
    """What clients of Python packages may expect: pages much faster, nothing slower."""
    for peer in ("pypiserver", "devpi"):
        yield Ratio(PAGE, MINE, peer, 3)
        yield NoSlower(PAGE_PROCESSOR, MINE, peer, 1 / 3)
        yield NoSlower(INSTALL_COLD, MINE, peer, 1)
        yield NoSlower(INSTALL_WARM, MINE, peer, 1)
        yield Ratio(PUBLISH, MINE, peer, 1)


def beside_verdaccio() -> Iterator[Ratio | NoSlower]:
    """What clients of Node's packages may expect: the same."""
    for page, processor in ((NPM_FULL, NPM_FULL_PROCESSOR), (NPM_SHORT, NPM_SHORT_PROCESSOR)):
        yield Ratio(page, MINE, "verdaccio", 3)
        yield NoSlower(processor, MINE, "verdaccio", 1 / 3)
    for install in (NPM_INSTALL_COLD, NPM_INSTALL_WARM):
        yield NoSlower(install, MINE, "verdaccio", 1)
    yield Ratio(NPM_PUBLISH, MINE, "verdaccio", 1)


TARGETS: tuple[Ratio | Most | NoSlower, ...] = (
    Ratio(UP, MINE, DOCKER, 1.8),
    Ratio(UP, DEFERRED, DOCKER, 3.0),
    Ratio(FORM, MINE, DOCKER, 1.3),
    Ratio(DOWN, MINE, DOCKER, 0.9),
    Ratio(DOWN, MINE, "nginx", 0.7),
    Most(DOWN, MINE, "median_cpu_seconds", 0.4, "CPU-seconds for 1 GiB", per_gib=True),
    Ratio("large up to minio", "service on minio", "minio, SDK", 0.95),
    Ratio("large down from minio", "service on minio", "minio, SDK", 0.8),
    Ratio("large up to seaweedfs", "service on seaweedfs", "seaweedfs, SDK", 0.95),
    Ratio("large down from seaweedfs", "service on seaweedfs", "seaweedfs, SDK", 0.8),
    Ratio(SMALL_UP, MINE, DOCKER, 1.7),
    Ratio(SMALL_DOWN, MINE, DOCKER, 1.7),
    Ratio(METADATA, MINE, MINE, 1.0, beside_work=SMALL_DOWN),
    Most("cold start until ready", MINE, "median", 2.0, "s"),
    Most("largest process after a start", MINE, "median", 100, "MB"),
    Most(UP, MINE, "peak_bytes", 130, "MB", MEGABYTE),
    Most(FORM, MINE, "peak_bytes", 130, "MB", MEGABYTE),
    Most(DOWN, MINE, "peak_bytes", 130, "MB", MEGABYTE),
    Most("large up to minio", "service on minio", "peak_bytes", 130, "MB", MEGABYTE),
    Most("large down from minio", "service on minio", "peak_bytes", 130, "MB", MEGABYTE),
    Most("large up to seaweedfs", "service on seaweedfs", "peak_bytes", 130, "MB", MEGABYTE),
    Most("large down from seaweedfs", "service on seaweedfs", "peak_bytes", 130, "MB", MEGABYTE),
    *beside_python_indexes(),
    *beside_verdaccio(),
    *patience("slow clients", MINE),
    *patience("slow clients on minio", "service on minio"),
    *patience("idle connections", MINE),
)
