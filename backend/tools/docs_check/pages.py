"""Reads a page: its blocks, the commands in them, and what each of them shall print."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.demo.registry import BACKEND

RUN = frozenset({"console", "sh", "bash"})
FOLDERS = {"in backend": BACKEND, "in the checkout": BACKEND.parent}
FRESH = "<!-- docs-check: fresh -->"
FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)\s*$")
DIRECTIVE = re.compile(
    r"^ *<!-- docs-check: (?P<verb>skip|needs|in backend|in the checkout|before|until Ctrl-C)"
    r",?(?: (?P<reason>.*?))?(?P<end> *-->)?$"
)


@dataclass(frozen=True, slots=True)
class ShownCommand:
    """A command, the line on which it stands, and its output if the page shows one."""

    line: int
    text: str
    shown: tuple[str, ...] | None


@dataclass(slots=True)
class CodeBlock:
    """A fenced block that can be run, or the commands of a comment."""

    line: int
    kind: str
    lines: list[str] = field(default_factory=list)
    skipped_because: str | None = None
    folder: Path | None = None
    is_endless: bool = False
    begins_anew: bool = False
    is_hidden: bool = False

    def commands(self) -> Iterator[ShownCommand]:
        """Yield the commands. Without output each line is one, and a backslash at its end continues it."""
        if self.kind != "console":
            yield from self._silent_commands()
            return
        text: list[str] = []
        shown: list[str] = []
        start = self.line
        for number, line in enumerate([*self.lines, "$ "], self.line + 1):
            if line.startswith("$ "):
                if text:
                    yield ShownCommand(start, "\n".join(text), tuple(shown))
                text, shown, start = [line[2:]], [], number
            elif line.startswith("> ") and not shown:
                text.append(line[2:])
            else:
                shown.append(line)

    def _silent_commands(self) -> Iterator[ShownCommand]:
        text: list[str] = []
        for number, line in enumerate(self.lines, self.line + 1):
            text.append(line)
            if line.endswith("\\"):
                continue
            if (command := "\n".join(text)).strip() and not command.lstrip().startswith("#"):
                yield ShownCommand(number - len(text) + 1, command, None)
            text = []


def blocks_of(page: Path) -> list[CodeBlock]:
    """Return the blocks of a page that can be run, in order."""
    found: list[CodeBlock] = []
    coming = CodeBlock(0, "")
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        if line.strip() == FRESH:
            found.append(CodeBlock(number, "sh", is_hidden=True, begins_anew=True))
        elif directive := DIRECTIVE.match(line):
            if directive["verb"] == "before":
                found.append(CodeBlock(number, "sh", until(lines, "-->"), is_hidden=True))
            else:
                direct(coming, directive["verb"], directive["reason"])
        elif fence := FENCE.match(line):
            content = until(lines, f"{fence['indent']}```")
            if fence["kind"] in RUN:
                trimmed = [each.removeprefix(fence["indent"]) for each in content]
                coming.line, coming.kind, coming.lines = number, fence["kind"], trimmed
                found.append(coming)
            coming = CodeBlock(0, "")
    return found


def chapters_of(blocks: list[CodeBlock]) -> list[list[CodeBlock]]:
    """Part the blocks of a page where one begins anew."""
    chapters: list[list[CodeBlock]] = [[]]
    for block in blocks:
        if block.begins_anew:
            chapters.append([])
        else:
            chapters[-1].append(block)
    return [chapter for chapter in chapters if chapter]


def direct(block: CodeBlock, verb: str, reason: str | None) -> None:
    """Note what a comment says about the block that comes."""
    if verb == "skip":
        block.skipped_because = reason
    elif verb == "needs" and reason:
        program, _, why = reason.partition(", ")
        block.skipped_because = block.skipped_because if shutil.which(program) else f"no {program}: {why}"
    elif verb in FOLDERS:
        block.folder = FOLDERS[verb]
    block.is_endless = block.is_endless or verb == "until Ctrl-C"


def until(lines: Iterator[tuple[int, str]], end: str) -> list[str]:
    """Return the lines up to one that ends it."""
    taken: list[str] = []
    for _, line in lines:
        if line.rstrip() == end:
            break
        taken.append(line)
    return taken
