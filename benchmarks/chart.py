"""One picture: for every work, what each contender reached beside the service, as bars in SVG."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, LABELS, BAR, GAP = 900, 330, 16, 14
COLOURS = {"service": "#1f6feb", "docker-registry": "#8b949e"}
OTHER = "#c9d1d9"


def drawn(figures: Sequence[Mapping[str, Any]]) -> str:
    """Return the picture. Within a work the longest bar is the best; seconds and memory are left out."""
    shapes: list[str] = []
    top = GAP
    for work, members in grouped(figures).items():
        best = max(each["median"] for each in members) or 1.0
        shapes.append(text(8, top + 12, f"{work} ({members[0]['unit']})", "bold"))
        top += BAR + 4
        for each in members:
            shapes += bar(top, each, best)
            top += BAR + 3
        top += GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
        f'font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


def grouped(figures: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rates by work."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for each in figures:
        if each["unit"].endswith("/s"):
            groups.setdefault(each["work"], []).append(each)
    return groups


def bar(top: int, figure: Mapping[str, Any], best: float) -> list[str]:
    """Draw one bar with its name and its figure."""
    name, value = figure["contender"], figure["median"]
    length = max(round((WIDTH - LABELS - 110) * value / best), 1)
    colour = COLOURS.get(name, COLOURS["service"] if name.startswith("service") else OTHER)
    return [
        text(24, top + 12, name),
        f'<rect x="{LABELS}" y="{top}" width="{length}" height="{BAR}" fill="{colour}"/>',
        text(LABELS + length + 6, top + 12, f"{value:,.0f}"),
    ]


def text(left: int, baseline: int, words: str, weight: str = "normal") -> str:
    """Draw some words."""
    return f'<text x="{left}" y="{baseline}" font-weight="{weight}" fill="#24292f">{escape(words)}</text>'
