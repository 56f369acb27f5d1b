"""`make bench`: everybody does the same work in turn; medians, ratios, targets, one chart."""

import json
import sys
import time
from collections.abc import Iterator
from shutil import which
from typing import Any

from benchmarks import chart, estimate, machine, report
from benchmarks.field import Field, entered
from benchmarks.options import Options
from benchmarks.rounds import Figure, Work, alternate
from benchmarks.work import node_clients, package_clients, patience, requests, rules, starts, transfers


def main() -> int:
    """Measure, print, write; 0 whatever the figures say, since machines differ."""
    options = Options.parse(sys.argv[1:])
    before = machine.facts()
    began = time.monotonic()
    figures: list[Figure] = []
    with entered(options) as field:
        for name, why in field.left_out.items():
            print(f"left out: {name}: {why}", flush=True)
        works = list(wanted(field, options))
        for place, work in enumerate(works):
            left = [each.name for each in works[place:]]
            print(progress(place, left, time.monotonic() - began, options), flush=True)
            done = alternate(work, options.rounds, began + options.minutes * 60)
            figures += done
            print(f"{work.name}: " + ", ".join(shown(each) for each in done), flush=True)
        result: dict[str, Any] = {
            "date": machine.today(),
            "machine": before,
            "options": {
                "size_bytes": options.size_bytes,
                "rounds": options.rounds,
                "seconds": options.seconds,
            },
            "durability": machine.durability(field.service.environ),
            "versions": {**machine.versions(), **field.versions()},
            "left_out": field.left_out,
            "figures": [each.as_facts() for each in figures],
        }
    print("\n" + report.written(result))
    options.results.mkdir(parents=True, exist_ok=True)
    written = options.results / options.name
    written.with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
    written.with_suffix(".svg").write_text(chart.drawn(result["figures"]))
    print(f"\nwritten to {written}.json and {options.name}.svg")
    return 0


def wanted(field: Field, options: Options) -> Iterator[Work]:
    """Yield the works that the options name, one after the other."""
    kinds = [starts.works(field), rules.works(), transfers.works(field, options.size_bytes)]
    if which("wrk") is None:
        field.left_out["many requests"] = "wrk is not installed"
    else:
        kinds.insert(1, requests.works(field, options.seconds))
        kinds.append(package_clients.works(field, options.seconds))
        kinds.append(node_clients.works(field, options.seconds))
        kinds.append(patience.works(field, options.seconds))
    for works in kinds:
        yield from (work for work in works if options.includes(work.name))


def progress(place: int, left: list[str], passed_seconds: float, options: Options) -> str:
    """Say where the run is, and how long the rest takes on a quiet two-core machine."""
    expected = estimate.clock(estimate.left(left, options))
    return f"[{estimate.clock(passed_seconds)}, {place} of {place + len(left)} done, about {expected} left]"


def shown(figure: Figure) -> str:
    """Return a figure for the line that is printed as soon as it is known."""
    return f"{figure.contender} {report.number(figure.median)} {figure.unit}"


if __name__ == "__main__":
    sys.exit(main())
