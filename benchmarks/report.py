"""From figures to tables: on the terminal, and between two marks in docs/performance.md.

`python -m benchmarks.report` writes the page's tables again from the JSON files.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import chart
from benchmarks.targets import MEGABYTE, TARGETS, Figures

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
RESULTS = Path(__file__).resolve().parent / "results"


def by_name(result: Mapping[str, Any]) -> Figures:
    """Return the figures by work and contender, each with the size of the large file."""
    size_bytes = result["options"]["size_bytes"]
    return {
        (each["work"], each["contender"]): {**each, "size_bytes": size_bytes} for each in result["figures"]
    }


def number(value: float) -> str:
    """Write a number with three digits."""
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def figure_rows(figures: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Return a row for each figure, with the ratio of the work's first contender to it."""
    rows: list[list[str]] = []
    first: dict[str, float] = {}
    for each in figures:
        work = each["work"]
        is_first = work not in first
        mine = first.setdefault(work, each["median"])
        cpu, peak = each["median_cpu_seconds"], each["peak_bytes"]
        rows.append(
            [
                work if is_first else "",
                each["contender"],
                f"{number(each['median'])} {each['unit']}",
                "" if is_first or not each["median"] else f"{mine / each['median']:.2f}",
                "" if cpu is None else f"{cpu:.2f}",
                number(peak / MEGABYTE) if peak else "",
            ]
        )
    return rows


def target_rows(figures: Figures) -> list[list[str]]:
    """Return a row for each target."""
    rows = []
    for target in TARGETS:
        reached = target.reached(figures)
        verdict = "not measured" if reached is None else "met" if target.is_met(reached) else "**missed**"
        rows.append([target.text, "-" if reached is None else number(reached), verdict])
    return rows


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table whose columns stand below each other on a terminal too."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )


def conditions(result: Mapping[str, Any]) -> str:
    """Write down where, when and how durably the figures were obtained."""
    machine, options = result["machine"], result["options"]
    lines = [
        f"- {result['date']}, {where(machine)}",
        f"- large file {options['size_bytes'] / 1024**2:g} MiB, {options['rounds']} rounds in turn, medians",
        f"- many requests: wrk, 8 connections, {options['seconds']} s",
        *(f"- {name}: {said}" for name, said in result["durability"].items()),
        *(f"- {name}: {said}" for name, said in result["versions"].items()),
        *(f"- left out: {name} ({why})" for name, why in result["left_out"].items()),
        *(f"- for want of time {rounds} × only: {', '.join(works)}" for rounds, works in cut(result)),
    ]
    return "\n".join(lines)


def cut(result: Mapping[str, Any]) -> list[tuple[int, list[str]]]:
    """Return the works that were done fewer times than was asked for, by how often."""
    found: dict[int, list[str]] = {}
    for each in result["figures"]:
        rounds = len(each["values"])
        if rounds < result["options"]["rounds"] and each["work"] not in found.setdefault(rounds, []):
            found[rounds].append(each["work"])
    return sorted(found.items())


def where(machine: Mapping[str, Any]) -> str:
    """Name the machine, and how busy it was before the run."""
    size = f"{machine['memory_gb']} GB"
    return (
        f"{machine['processors']} × {machine['model']}, {size}, {machine['system']}, load {machine['load']}"
    )


def written(result: Mapping[str, Any]) -> str:
    """Write everything about a run."""
    return in_whole(result, target_rows(by_name(result)))


def written_packages(result: Mapping[str, Any]) -> str:
    """Write about a run of some works alone, with the targets that they have."""
    works = {each["work"] for each in result["figures"]}
    rows = zip(target_rows(by_name(result)), TARGETS, strict=True)
    return in_whole(result, [row for row, target in rows if target.work in works])


def in_whole(result: Mapping[str, Any], targets: Sequence[Sequence[str]]) -> str:
    """Write the conditions, the figures and the targets."""
    head = ["work", "who", "median", "service ÷ this", "server CPU-s", "peak MB"]
    figures = table(head, figure_rows(result["figures"]))
    return f"{conditions(result)}\n\n{figures}\n\n{table(['target', 'reached', ''], targets)}"


def written_scale(result: Mapping[str, Any]) -> str:
    """Write the comparison of a small database with a large one."""
    rows = []
    for each in result["figures"]:
        verdict = "met" if each["ratio"] <= result["at_most"] else "**missed**"
        cells = [number(each[size] * 1000) for size in ("small", "large")]
        rows.append([each["database"], each["work"], *cells, f"{each['ratio']:.2f}", verdict])
    head = ["database", "work", "small, ms", "large, ms", "large ÷ small", f"≤ {result['at_most']}"]
    return (
        f"- {result['date']}, {where(result['machine'])}\n"
        f"- small: {result['small']} versions; large: {result['large']} versions; medians of "
        f"{result['rounds']} rounds in turn\n\n{table(head, rows)}"
    )


def put_between(text: str, name: str, block: str) -> str:
    """Replace what stands between the two marks of a block."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{block}\n{end}{after}"


BLOCKS = (("bench", written), ("packages", written_packages), ("scale", written_scale))


def main() -> None:
    """Write the blocks of the page for which there are results, and the chart that it shows."""
    text = PAGE.read_text()
    for name, write in BLOCKS:
        path = RESULTS / f"{name}.json"
        if path.exists():
            text = put_between(text, name, write(json.loads(path.read_text())))
    PAGE.write_text(text)
    if (RESULTS / "bench.json").exists():
        result = json.loads((RESULTS / "bench.json").read_text())
        (RESULTS / "bench.svg").write_text(chart.drawn(result["figures"]))


if __name__ == "__main__":
    main()
