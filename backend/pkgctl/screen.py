"""What a command prints: results on stdout, everything else on stderr, one JSON document with `--json`."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pkgctl.addresses import SHA256

TIME = re.compile(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9:]{8})\.[0-9]+Z$")


def printable(text: str) -> str:
    """Return `text` without what could steer a terminal: names and logs come from other people."""
    return "".join(each if each.isprintable() or each in "\n\t" else f"\\x{ord(each):02x}" for each in text)


def cell(value: Any) -> str:
    """Write a value for a table: in one line, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and not any(isinstance(each, (dict, list)) for each in value):
        return printable(", ".join(str(each) for each in value)).replace("\n", " ")
    text = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
    return printable(text).replace("\n", " ").replace("\t", " ")


def shortened(text: str) -> str:
    """Write a digest or a time so that a row fits into a terminal; programs get the whole."""
    if SHA256.fullmatch(text):
        return text[:12]
    return TIME.sub(r"\1 \2", text)


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a command prints."""

    as_json: bool = False
    quiet: bool = False

    @property
    def is_animated(self) -> bool:
        """True if progress bars can be drawn and are wanted."""
        if self.as_json or self.quiet or not sys.stderr.isatty():
            return False
        console = Console(stderr=True)
        return not (console.is_dumb_terminal or console.no_color)

    def document(self, data: Any) -> None:
        """Print the one JSON document."""
        click.echo(json.dumps(data, indent=2))

    def say(self, message: str) -> None:
        """Tell a person something that is no result."""
        if not self.quiet:
            click.echo(printable(message), err=True)

    def warn(self, message: str) -> None:
        """Tell a person something that they should know, also when they asked for quiet."""
        click.echo(f"warning: {printable(message)}", err=True)

    def done(self, data: Any, sentence: str) -> None:
        """Show the result of a change: the data for programs, a sentence for people."""
        if self.as_json:
            self.document(data)
        else:
            click.echo(printable(sentence))

    def facts(self, data: Mapping[str, Any]) -> None:
        """Show one thing, one fact a line."""
        if self.as_json:
            self.document(data)
            return
        width = max((len(name) for name in data), default=0)
        for name, value in data.items():
            click.echo(f"{printable(name)}:{' ' * (width - len(name))} {cell(value)}".rstrip())

    def rows(self, items: Iterable[Mapping[str, Any]], columns: Sequence[str], *, more: bool = False) -> None:
        """Show a list; `more` if it goes on after what is shown."""
        shown = list(items)
        if self.as_json:
            self.document({"items": shown, "more": more})
            return
        lines = [[cell(item.get(column)) for column in columns] for item in shown]
        self._table(lines, [column.replace("_", " ").upper() for column in columns])
        if more:
            self.say("There are more: --limit 0 shows all.")

    def _table(self, lines: Sequence[Sequence[str]], titles: Sequence[str]) -> None:
        if not sys.stdout.isatty():
            # For `cut` and `awk`: nothing is shortened or broken, whatever the width.
            for line in (titles, *lines):
                click.echo("\t".join(line))
            return
        # A column in which nothing stands would only take room from the others.
        used = [number for number in range(len(titles)) if not lines or any(line[number] for line in lines)]
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for number in used:
            table.add_column(titles[number], overflow="fold")
        for line in lines:
            table.add_row(*(Text(shortened(line[number])) for number in used))
        Console(file=sys.stdout).print(table)
