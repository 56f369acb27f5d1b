"""`docs/security.md` promises nothing that no test holds."""

import re
from collections.abc import Iterator

from tests.support.live import BACKEND

PAGE = BACKEND.parent / "docs" / "security.md"
NAMED = re.compile(r"`(test_\w+\.py): (test_\w+)`")


def promises() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each promise of the table with the tests that it names, in which file."""
    table = PAGE.read_text(encoding="utf-8").split("| promise |")[1].split("\n\n")[0]
    for row in table.splitlines()[2:]:
        promise, tests = (cell.strip() for cell in row.strip("|").split("|"))
        if not promise.startswith("**"):
            yield promise, NAMED.findall(tests)


def test_given_a_promise_then_it_names_the_test_that_holds_it_and_that_is_there() -> None:
    sources: dict[str, str] = {}
    for path in (BACKEND / "tests").rglob("test_*.py"):
        sources[path.name] = sources.get(path.name, "") + path.read_text(encoding="utf-8")

    found = dict(promises())

    assert len(found) > 20
    assert [promise for promise, tests in found.items() if not tests] == []
    named = [each for tests in found.values() for each in tests]
    assert [each for each in named if f"def {each[1]}(" not in sources.get(each[0], "")] == []
