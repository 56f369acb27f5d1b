"""Draws the picture in docs/architecture.md from the imports of the code; `--check` only compares.

Run `python -m tools.picture` after a change of imports between domains; a test tells when it is due.
"""

import sys
from pathlib import Path

import grimp

BACKEND = Path(__file__).resolve().parent.parent
PAGE = BACKEND.parent / "docs" / "architecture.md"
BEGIN, END = "<!-- picture: begin, made by `python -m tools.picture` -->", "<!-- picture: end -->"
PACKAGE = "wxcloudrun"
# Everything is built by these or stands on those; arrows to them would hide the others.
EVERYWHERE = frozenset(
    {
        "app",
        "audit_commands",
        "commands",
        "wiring",
        "metadata",
        "config",
        "setting_values",
        "secrecy",
        "kit",
        "serving",
        "web",
        "stores",
        "formats",
        "net",
    }
)

type Edges = set[tuple[str, str]]


def main() -> int:
    """Write the picture into the page, or tell whether it is there; 1 if it is not."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    drawn = f"{before}{BEGIN}\n\n{picture()}\n\n{END}{after}"
    if "--check" in sys.argv[1:]:
        return 0 if drawn == page else 1
    PAGE.write_text(drawn, encoding="utf-8")
    return 0


def picture() -> str:
    """Return who imports whom as a Mermaid drawing."""
    edges = reduced(imports())
    arrows = [f"  {source} --> {target}" for source, target in sorted(edges)]
    alone = sorted(domains() - {node for edge in edges for node in edge})
    return "\n".join(["```mermaid", "flowchart TD", *(f"  {name}" for name in alone), *arrows, "```"])


def domains() -> set[str]:
    """Return the folders that hold more than their introduction."""
    folders = {path.parent.name for path in (BACKEND / PACKAGE).glob("*/*.py") if path.name != "__init__.py"}
    return folders - EVERYWHERE


def imports() -> Edges:
    """Return which domain imports which."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    edges: Edges = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            source, target = (name.split(".")[1] if "." in name else "" for name in (module, imported))
            if source != target and not {source, target} & (EVERYWHERE | {""}):
                edges.add((source, target))
    return edges


def reduced(edges: Edges) -> Edges:
    """Leave out what a longer way says already."""
    nodes = {node for edge in edges for node in edge}
    return {
        (source, target)
        for source, target in edges
        if not any(is_way(source, middle, edges) and is_way(middle, target, edges) for middle in nodes)
    }


def is_way(source: str, target: str, edges: Edges) -> bool:
    """Tell whether one domain reaches another; imports have no circles."""
    return (source, target) in edges or any(
        is_way(middle, target, edges) for start, middle in edges if start == source
    )


if __name__ == "__main__":
    sys.path.insert(0, str(BACKEND))
    sys.exit(main())
