"""Brings the catalogues of translations up to what the code says, and compiles them.

`make texts` after a change of a sentence: new ones are added without a translation, those that the code does
not say any more go, and what is translated is compiled. A test tells when it is due, and what is missing.
"""

import ast
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from pydantic_core import _pydantic_core

BACKEND = Path(__file__).resolve().parent.parent
PACKAGE = BACKEND / "wxcloudrun"
CATALOGUES = sorted((PACKAGE / "locales").glob("*/LC_MESSAGES/*.po"))
# Which argument of these functions of kit/texts.py is the template.
TEMPLATES = {"text": 0, "borrowed": 1}
# Where a template is no literal: the functions themselves, and where those of pydantic go through.
NO_LITERALS = frozenset({PACKAGE / "kit" / "texts.py", PACKAGE / "web" / "validation.py"})
OF_PYDANTIC = "pydantic"


@dataclass(frozen=True, slots=True)
class Said:
    """A call that makes a sentence; `template` is None if it is no literal."""

    path: Path
    line: int
    template: str | None


def main() -> int:
    """Refresh and compile every catalogue; 1 if some sentence has no translation."""
    missing = 0
    for path in CATALOGUES:
        catalogue = refreshed(path)
        path.write_bytes(written(catalogue))
        path.with_suffix(".mo").write_bytes(compiled(catalogue))
        untranslated = [str(message.id) for message in catalogue if message.id and not message.string]
        missing += len(untranslated)
        for template in untranslated:
            print(f"{path.relative_to(BACKEND)}: not translated: {template}")
    return 1 if missing else 0


def refreshed(path: Path) -> Catalog:
    """Return the catalogue in a file, with exactly the sentences that the code says now."""
    catalogue = read(path)
    wanted = Catalog()
    for call in calls():
        if call.template is not None:
            wanted.add(call.template)
    for template in templates_of_pydantic():
        wanted.add(template, auto_comments=[OF_PYDANTIC])
    # What only resembles an older sentence is no translation of it.
    catalogue.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def calls() -> Iterator[Said]:
    """Yield every call in the package that makes a sentence."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEMPLATES:
                yield Said(path, node.lineno, template_of(node, TEMPLATES[node.func.id]))


def template_of(call: ast.Call, place: int) -> str | None:
    """Return the literal at that place among the arguments of a call, None if there is none."""
    given = call.args[place] if len(call.args) > place else None
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def templates_of_pydantic() -> list[str]:
    """Return what pydantic itself says about values."""
    return [kind["message_template_python"] for kind in _pydantic_core.list_all_errors()]


def read(path: Path) -> Catalog:
    """Read a catalogue from its file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as its file holds it: in the order of the English, so that changes stay small."""
    text = io.BytesIO()
    write_po(text, catalogue, width=0, no_location=True, sort_output=True, ignore_obsolete=True)
    return text.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """Return a catalogue as gettext reads it."""
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    return binary.getvalue()


if __name__ == "__main__":
    sys.exit(main())
