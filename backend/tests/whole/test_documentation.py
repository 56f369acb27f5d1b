"""The pages hold together: links lead somewhere, settings are described, both READMEs agree."""

import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.each import each
from tests.support.live import BACKEND
from tools.docs_check.pages import blocks_of
from wxcloudrun.config import Settings

ROOT = BACKEND.parent
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
TRAILING_COMMENT = re.compile(r"\s{2,}# .*$", re.MULTILINE)


CODE = ("py", "toml", "md", "txt", "lock", "yml", "po", "nix")
PATH = re.compile(rf"`([\w.-]+(?:/[\w.-]+)*(?:/|\.(?:{'|'.join(CODE)})))(?:: ([\w.]+))?`")
# Folders that are made, by git and by tools.
MADE = re.compile(
    r"__pycache__|venv_|instance$|build$|htmlcov$|\.(git|mypy_cache|ruff_cache|pytest_cache|hypothesis)$"
)
# What pages name that is not in the repository: folders of a running service, and what was decided against.
ELSEWHERE = frozenset(
    {
        "192.168.1.10.txt",
        "DATA_DIR/secrets/",
        "NAME/default.nix",
        "domains/",
        "helpers.py",
        "objects/",
        "quarantine/",
        "routes/",
        "services/",
        "tests/unit/NAME/",
        "tmp/",
        "wxcloudrun/NAME/",
    }
)


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that a forge gives to the headings of a page."""
    names: set[str] = set()
    for heading in HEADING.findall(prose(page)):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        names.add(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return names


def dead_links(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead to no file, or to no heading in it."""
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@functools.cache
def listed() -> frozenset[str]:
    """Return the paths of every file and folder of the repository; a folder's ends with a slash."""
    names: set[str] = set()
    for folder, subfolders, files in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if not MADE.match(name)]
        here = Path(folder).relative_to(ROOT)
        names |= {str(here / name) for name in files} | {f"{here / name}/" for name in subfolders}
    return frozenset(names)


@functools.cache
def known() -> frozenset[str]:
    """Return what pages may name: files and folders by all endings of their paths, and what is elsewhere."""
    return ELSEWHERE.union(ending for name in listed() for ending in endings(name))


def endings(name: str) -> Iterator[str]:
    """Yield a path, and what is left of it below each of its folders."""
    parts = name.removesuffix("/").split("/")
    slash = "/" if name.endswith("/") else ""
    return ("/".join(parts[start:]) + slash for start in range(len(parts)))


def holds(path: str, symbol: str) -> bool:
    """Tell whether a file of that path has all words of a name."""
    sources = [ROOT / file for file in listed() if f"/{file}".endswith(f"/{path}")]
    wanted = [re.compile(rf"\b{word}\b") for word in symbol.split(".")]
    return any(all(word.search(file.read_text(encoding="utf-8")) for word in wanted) for file in sources)


def wrong_paths(page: Path) -> Iterator[str]:
    """Yield what a page says of files that is not so."""
    for path, symbol in PATH.findall(prose(page)):
        if path not in known() or (symbol and not holds(path, symbol)):
            yield f"{path}: {symbol}" if symbol else path


@each(PAGES, lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_then_the_paths_and_names_in_it_are_there(page: Path) -> None:
    assert list(wrong_paths(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_given_a_page_then_its_links_lead_somewhere(page: Path) -> None:
    assert list(dead_links(page)) == []


def test_given_a_setting_then_the_table_of_settings_names_it() -> None:
    section = (ROOT / "docs/administration.md").read_text(encoding="utf-8").split("\n## ")[1]
    first_cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    described = {name for cell in first_cells for name in re.findall(r"`([A-Z_]+)`", cell)}

    assert described == {field.alias for field in Settings.model_fields.values()}


def test_given_both_readmes_then_they_show_the_same_commands_and_output() -> None:
    english, chinese = (
        [TRAILING_COMMENT.sub("", "\n".join(block.lines)) for block in blocks_of(ROOT / name)]
        for name in ("README.md", "README.zh-CN.md")
    )

    assert chinese == english


def test_given_the_decisions_then_each_has_a_number_of_its_own() -> None:
    files = sorted((ROOT / "docs/decisions").glob("*.md"))
    titles = [file.read_text(encoding="utf-8").splitlines()[0] for file in files]

    assert all(title.startswith(f"# {file.name[:4]}: ") for file, title in zip(files, titles, strict=True))
    assert len({file.name[:4] for file in files}) == len(files)


def test_given_a_domain_then_the_trees_of_the_readmes_name_it() -> None:
    domains = {path.parent.name for path in (BACKEND / "wxcloudrun").glob("*/routes.py")}
    for name in ("README.md", "README.zh-CN.md"):
        page = (ROOT / name).read_text(encoding="utf-8")
        assert {domain for domain in domains if f" {domain}/" not in page} == set(), name
