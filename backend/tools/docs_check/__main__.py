"""Runs the pages that are named, or all. Exit codes: 0 as shown, 1 something is not, 2 no service or page."""

import argparse
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

from tools.demo.registry import BACKEND, RegistryError
from tools.docs_check.comparison import agree
from tools.docs_check.pages import CodeBlock, ShownCommand, blocks_of, chapters_of
from tools.docs_check.service import ADMIN_PASSWORD, DocumentedService, running_service
from tools.docs_check.shell import Shell

ROOT = BACKEND.parent
REFUSED = '{"code":0,'


def main() -> int:
    """Run every page and tell what is not as shown."""
    pages = pages_named()
    pages = pages or [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
    counts: Counter[str] = Counter()
    try:
        for page in pages:
            run_page(page, counts)
    except RegistryError as error:
        print(f"docs-check: {error}")
        return 2
    told = ", ".join(f"{number} {word}" for word, number in counts.items())
    print(f"docs-check: {len(pages)} pages, {told or 'nothing to run'}")
    return 1 if counts["not as shown"] else 0


def pages_named() -> list[Path]:
    """Return the pages that the command line names; leave with 2 if there is none of that name."""
    parser = argparse.ArgumentParser(prog="make docs-check", description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="as docs/api.md; without any, all")
    names = parser.parse_args().pages
    # `make` starts this below the folder that its user sees.
    pages = [ROOT / name if (ROOT / name).is_file() else Path(name).resolve() for name in names]
    for page, name in zip(pages, names, strict=True):
        if not page.is_file():
            parser.error(f"there is no page {name}")
    return pages


def run_page(page: Path, counts: Counter[str]) -> None:
    """Run one page, each of its chapters on a service of its own."""
    for chapter in chapters_of(blocks_of(page)):
        if all(block.skipped_because is not None for block in chapter):
            tell_skipped(page, chapter, counts)
            continue
        with (
            tempfile.TemporaryDirectory(prefix="docs-check-") as name,
            running_service(Path(name)) as service,
        ):
            folder = Path(name) / "folder"
            folder.mkdir()
            shell = Shell(folder, service.environ, password=ADMIN_PASSWORD)
            try:
                for block in chapter:
                    if not shell.has_ended():
                        run_block(page, block, shell, service, counts)
            finally:
                shell.close()


def run_block(
    page: Path, block: CodeBlock, shell: Shell, service: DocumentedService, counts: Counter[str]
) -> None:
    """Run one block, or name it."""
    if block.skipped_because is not None:
        tell_skipped(page, [block], counts)
        return
    commands = list(block.commands())
    for command in commands:
        is_endless = block.is_endless and command is commands[-1]
        code, came = shell.run(
            service.placed(command.text),
            folder=block.folder,
            enough=partial(agree, command.shown or ()) if is_endless else None,
        )
        problem = problem_with(command, code, came)
        if problem is None:
            counts["hidden" if block.is_hidden else "as shown"] += 1
        else:
            counts["not as shown"] += 1
            print(f"{page.relative_to(ROOT)}:{command.line}: {problem}\n  $ {command.text}")
            print("\n".join(f"  came  | {line}" for line in came))
            print("\n".join(f"  shown | {line}" for line in command.shown or ()))
        if shell.has_ended():
            return


def problem_with(command: ShownCommand, code: int, came: list[str]) -> str | None:
    """Say what is not as the page says, None if all is."""
    if command.shown is not None:
        return None if agree(command.shown, came) else "the output is another one"
    if code:
        return f"exit code {code}"
    return "the service refused it" if any(REFUSED in line for line in came) else None


def tell_skipped(page: Path, blocks: list[CodeBlock], counts: Counter[str]) -> None:
    """Name what is not run, and why."""
    for block in blocks:
        counts["not run"] += 1
        print(f"not run: {page.relative_to(ROOT)}:{block.line}: {block.skipped_because}")


if __name__ == "__main__":
    sys.exit(main())
