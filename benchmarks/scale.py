"""`make bench-scale`: the same questions and changes on a small and on a large database, in turn."""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import create_engine, make_url
from tools.servers.control import known

from benchmarks import fill, machine, report
from benchmarks.contenders.service import PROJECT, RegistryService
from benchmarks.files import Samples
from benchmarks.load import curl
from benchmarks.load.keep_alive import KeptClient
from benchmarks.options import RESULTS

AT_MOST = 1.3
VERSIONS = 1000  # in each package
SECONDS = 1.0  # for each question in each round
NAMES = ("small", "large")
FIRST_PACKAGE = 2  # the package of the transfers is the first


@dataclass(frozen=True, slots=True)
class FilledSite:
    """One instance with a filled database, and a connection to it."""

    service: RegistryService
    client: KeptClient
    packages: int
    sample: str

    @property
    def middle(self) -> str:
        """The name of a package in the middle."""
        return package_name(self.packages // 2)

    def digest(self, number: int) -> str:
        """Return the digest of one of its versions."""
        return fill.digest_of(self.packages // 2 + FIRST_PACKAGE, number % VERSIONS)


def package_name(number: int) -> str:
    """Return the name of a filled package."""
    return f"p{number:05d}"


Question = Callable[[FilledSite, int], None]


def reads() -> dict[str, Question]:
    """Return the questions, by what they are called in the table."""
    return {
        "one version": lambda site, n: site.client.get(f"/{site.middle}/versions/{some(n)}"),
        "one artifact": lambda site, n: site.client.get(f"/api/v1/artifact/{site.digest(n)}"),
        "download 10 KB": lambda site, _: site.client.get(f"/transfers/+/version:{site.sample}"),
        "resolve a range": lambda site, _: site.client.get(f"/{site.middle}/resolve?ref=version:%5E1.0"),
        "resolve latest": lambda site, _: site.client.get(f"/{site.middle}/resolve?ref=latest"),
        "versions, page 1": lambda site, _: site.client.get(f"/{site.middle}/versions"),
        "uploads, page 1": lambda site, _: site.client.get(f"/{site.middle}/uploads"),
        "packages, page 1": lambda site, _: site.client.get(f"/api/v1/project/{PROJECT}/packages?limit=1"),
        "search by name": lambda site, _: site.client.get(f"/api/v1/search?q={site.middle}&limit=1"),
        "search by digest": lambda site, n: site.client.get(f"/api/v1/search?sha256={site.digest(n)}"),
    }


def writes() -> dict[str, Question]:
    """Return the changes."""
    return {
        "upload 10 KB with a version": lambda site, _: site.client.put(
            f"/transfers/upload/x.bin?version=9.{unique()}", os.urandom(10_240)
        ),
        "move a tag": lambda site, n: site.client.put_json(
            f"/{site.middle}/tags/stable", {"version": some(n)}
        ),
    }


def some(number: int) -> str:
    """Return the name of some version."""
    return fill.version_name(number * 37 % VERSIONS)


def unique() -> str:
    """Return a version's end that nobody has used."""
    return f"{time.time_ns()}.0"


def main() -> int:
    """Fill, measure in turn, print, write."""
    parser = argparse.ArgumentParser(prog="make bench-scale ARGS=...", description=__doc__)
    parser.add_argument("--packages", type=int, default=1000, help="packages of 1 000 versions (1000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each question is asked (5)")
    parser.add_argument("--only", choices=("sqlite", "mysql"), help="one database only")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON is written")
    options = parser.parse_args()
    before, figures = machine.facts(), []
    for database in ("sqlite", "mysql") if options.only is None else (options.only,):
        with filled(database, (1, options.packages)) as sites:
            figures += list(compared(database, sites, options.rounds))
    result = {
        "date": machine.today(),
        "machine": before,
        "small": VERSIONS,
        "large": VERSIONS * options.packages,
        "rounds": options.rounds,
        "at_most": AT_MOST,
        "figures": figures,
    }
    print("\n" + report.written_scale(result))
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "scale.json").write_text(json.dumps(result, indent=1) + "\n")
    return 0


@contextmanager
def filled(database: str, sizes: tuple[int, int]) -> Iterator[list[FilledSite]]:
    """Start a small and a large instance on one kind of database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-scale-")))
        sites = []
        for name, packages in zip(NAMES, sizes, strict=True):
            settings = {"LOG_LEVEL": "WARNING"}
            if database == "mysql":
                settings["DATABASE_URL"] = stack.enter_context(mysql_database(name))
            service = RegistryService(f"{database}, {name}", folder / f"{database}-{name}", settings)
            stack.callback(service.stop)
            service.start()
            began = time.monotonic()
            fill.versions(service, [(package_name(number), VERSIONS) for number in range(packages)])
            took = time.monotonic() - began
            print(f"{service.name}: {packages * VERSIONS} versions filled in {took:.0f} s", flush=True)
            sample = Samples(folder / "samples").fresh(10_240)
            service.put(sample)
            client = stack.enter_context(KeptClient.of(service))
            sites.append(FilledSite(service, client, packages, sample.name))
        yield sites


@contextmanager
def mysql_database(name: str) -> Iterator[str]:
    """Make a database for the time of the run, beside the one of the tests."""
    described = known()["servers"].get("mysql")
    if described is None:
        raise curl.Failed("MySQL does not run; `make services` starts it")
    database = f"benchmark_{name}_{os.getpid()}"
    engine = create_engine(described["url"], isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        try:
            yield make_url(described["url"]).set(database=database).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {database}")
    engine.dispose()


def compared(database: str, sites: list[FilledSite], rounds: int) -> Iterator[dict[str, Any]]:
    """Measure every question on both sites in turn; yield the medians and their ratio."""
    for work, ask in {**reads(), **writes()}.items():
        seen: list[list[float]] = [[] for _ in sites]
        for number in range(rounds):
            for place, site in enumerate(sites) if number % 2 == 0 else reversed(list(enumerate(sites))):
                seen[place] += [typical(site, ask)]
        small, large = (median(each) for each in seen)
        ratio = large / small
        print(f"{database}, {work}: {small * 1000:.2f} ms, {large * 1000:.2f} ms, {ratio:.2f}", flush=True)
        yield {"database": database, "work": work, "small": small, "large": large, "ratio": ratio}


def typical(site: FilledSite, ask: Question) -> float:
    """Ask for a second; return the median of the seconds that an answer took."""
    took: list[float] = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(took) < 3:
        began = time.perf_counter()
        ask(site, len(took))
        took.append(time.perf_counter() - began)
    return median(took)


if __name__ == "__main__":
    sys.exit(main())
