"""Whether what came is what the page shows, but for what is different each time."""

import re
from collections.abc import Sequence

ANYTHING = "…"
VARIABLE = [
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| [+]0000)?"), "<time>"),
    (re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"), "<date>"),
    (re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|eyJ[\w-]*…"), "<token>"),
    (re.compile(r"wxrt?_[\w-]+…?"), "<key>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "<service>"),
    (re.compile(r"(X-Request-ID: |\"request_id\":\")[\w-]+"), r"\1<id>"),
    (re.compile(r"blobs/[\w.-]+…?"), "blobs/<token>"),
    (re.compile(r"\"next_cursor\":\"[\w-]+…?\""), '"next_cursor":"<cursor>"'),
]


def agree(shown: Sequence[str], came: Sequence[str]) -> bool:
    """Tell whether all lines of the page match all lines that came."""
    if not shown:
        return not came
    if shown[0].strip() == ANYTHING:
        return any(agree(shown[1:], came[start:]) for start in range(len(came) + 1))
    return bool(came) and line_agrees(shown[0], came[0]) and agree(shown[1:], came[1:])


def line_agrees(shown: str, came: str) -> bool:
    """Compare two lines; `…` in the page stands for anything."""
    pattern = ".*".join(re.escape(part) for part in settled(shown).split(ANYTHING))
    return re.fullmatch(pattern, settled(came).replace(ANYTHING, "")) is not None


def settled(line: str) -> str:
    """Return a line with names in the places of what is different each time."""
    for pattern, name in VARIABLE:
        line = pattern.sub(name, line)
    return line.rstrip()
