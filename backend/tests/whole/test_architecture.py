"""The rules of the house that a reader of the source can check: imports, sizes, and who may do what."""

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import LONG
from tests.support.both_stacks import ONLY_LOCAL
from tests.support.each import each
from tools import suite

BACKEND = Path(__file__).resolve().parents[2]
PACKAGE = BACKEND / "wxcloudrun"
MIGRATIONS = BACKEND / "migrations"

MAX_LINES = 400
MAX_STATEMENTS = 30
NAMES_THAT_SAY_NOTHING = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "misc"})
WRITING = frozenset({"insert", "update", "delete", "insertion", "insert_at_once", "change_all"})
BROAD = frozenset({"Exception", "BaseException"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(root: Path) -> list[Path]:
    """Return every Python file below a directory that is ours: npm brings some of its own."""
    others = {"__pycache__", "node_modules"}
    return sorted(path for path in root.rglob("*.py") if others.isdisjoint(path.parts))


def name_of(path: Path) -> str:
    """Return how a test calls a file."""
    return path.relative_to(BACKEND).as_posix()


PACKAGE_FILES = sources(PACKAGE)
ALL_FILES = [*PACKAGE_FILES, *sources(BACKEND / "tests"), *sources(BACKEND / "tools")]

each_file_of_the_package = each(PACKAGE_FILES, name_of)


def functions(path: Path) -> Iterator[Function]:
    """Yield every function of a file, nested ones too."""
    return (node for node in nodes(path) if isinstance(node, Function))


def statement_count(function: Function) -> int:
    """Count the statements of a function without its docstring; those of nested functions are theirs."""
    count = 0
    pending: list[ast.AST] = list(function.body[1:] if ast.get_docstring(function) else function.body)
    while pending:
        node = pending.pop()
        count += isinstance(node, ast.stmt)
        if not isinstance(node, Function):
            pending += ast.iter_child_nodes(node)
    return count


def attribute_calls(path: Path, name: str) -> list[int]:
    """Return the lines on which a method of that name is called."""
    return [
        node.lineno
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
    ]


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file, which many tests look at."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of that tree: walking through it takes as long as what a test asks of it."""
    return tuple(ast.walk(parsed(path)))


def test_every_import_goes_the_way_the_contracts_say() -> None:
    # A process of its own, because the tool reconfigures logging for everything in its process.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run([*command, "--no-cache"], cwd=BACKEND, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_picture_shows_the_imports_as_they_are() -> None:
    command = [sys.executable, "-m", "tools.picture", "--check"]
    done = subprocess.run(command, cwd=BACKEND, capture_output=True, text=True, check=False)

    assert done.returncode == 0, "run `python -m tools.picture` in backend/" + done.stderr


def test_only_the_mechanism_commits() -> None:
    committing = {name_of(path) for path in PACKAGE_FILES if attribute_calls(path, "commit")}

    assert committing <= {"wxcloudrun/kit/db.py"}


def test_a_block_of_writing_is_for_those_who_wait_for_nobody() -> None:
    patient = {
        name_of(path)
        for path in PACKAGE_FILES
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "transaction"
        and not node.keywords
    }

    assert patient == set(), "who can wait can be repeated: `atomically`"


def test_a_statement_is_written_once_by_one_means() -> None:
    statements = re.compile(r"\b(Select|CompoundSelect|Insert|Update|Delete)\b")
    by_other_means = {
        f"{name_of(path)}: {function.name}"
        for path in PACKAGE_FILES
        for function in functions(path)
        if function.returns is not None
        and statements.search(ast.unparse(function.returns))
        and any("cache" in ast.unparse(each) for each in function.decorator_list)
    }

    assert by_other_means == set()


def written_by(path: Path, name: str) -> set[str]:
    """Return by what a function writes to the database, or one of the same file that it calls."""
    known = {each.name: each for each in functions(path)}
    found, pending, seen = set[str](), [name], set[str]()
    while pending:
        current = pending.pop()
        if current in seen or current not in known:
            continue
        seen.add(current)
        for node in ast.walk(known[current]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                pending.append(node.func.id)
                found |= {node.func.id} & WRITING
    return found


def test_what_other_domains_may_read_writes_nothing() -> None:
    writing = {}
    for door in PACKAGE.glob("*/reads.py"):
        for node in nodes(door):
            if isinstance(node, ast.ImportFrom) and node.module and ".queries" in node.module:
                place = BACKEND / node.module.replace(".", "/")
                path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
                for each in node.names:
                    writing[f"{node.module}.{each.name}"] = written_by(path, each.name)

    assert {name: means for name, means in writing.items() if means} == {}


def test_only_the_settings_read_the_environment() -> None:
    reading = re.compile(r"\bos\.environ\b|\bos\.getenv\b|\bfrom os import .*\b(environ|getenv)\b")

    readers = {name_of(path) for path in PACKAGE_FILES if reading.search(path.read_text(encoding="utf-8"))}

    assert readers == {"wxcloudrun/config.py"}


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = re.compile(r"\bdatetime\.(utc)?now\(|\btime\.(time|monotonic)\(|\bdate\.today\(")

    askers = {name_of(path) for path in PACKAGE_FILES if asking.search(path.read_text(encoding="utf-8"))}

    assert askers == {"wxcloudrun/kit/clock.py"}


@each(ALL_FILES, name_of)
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@each_file_of_the_package
def test_a_function_is_short_enough_to_understand(path: Path) -> None:
    too_long = {
        function.name: count
        for function in functions(path)
        if (count := statement_count(function)) > MAX_STATEMENTS
    }

    assert too_long == {}


@each_file_of_the_package
def test_a_file_begins_with_one_sentence_that_says_what_lives_here(path: Path) -> None:
    docstring = ast.get_docstring(parsed(path))

    assert docstring, "a module has a docstring"
    first_paragraph = docstring.split("\n\n")[0]
    assert first_paragraph.endswith((".", ":", "?")), first_paragraph


def test_every_name_of_a_file_says_something() -> None:
    names = {part.removesuffix(".py") for path in ALL_FILES for part in path.relative_to(BACKEND).parts}

    assert names.isdisjoint(NAMES_THAT_SAY_NOTHING)


def test_every_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for path in [*ALL_FILES, *sources(BACKEND / "pkgctl"), *sources(BACKEND.parent / "benchmarks")]:
        for node in nodes(path):
            # `Test…` is a heading: it stands below the name of its file, and nobody asks for it elsewhere.
            if isinstance(node, ast.ClassDef) and not node.name.startswith("Test"):
                places.setdefault(node.name, []).append(f"{path.relative_to(BACKEND.parent)}:{node.lineno}")

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@each_file_of_the_package
def test_no_failure_is_swallowed(path: Path) -> None:
    swallowed = [
        handler.lineno
        for handler in nodes(path)
        if isinstance(handler, ast.ExceptHandler)
        and catches_everything(handler)
        and all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
    ]

    assert swallowed == []


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Tell `except:`, `except Exception:` and a tuple with one of them from a specific handler."""
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in BROAD for node in ast.walk(handler.type))


def test_a_migration_does_not_depend_on_code_that_will_change() -> None:
    importing = [
        name_of(path)
        for path in sources(MIGRATIONS / "versions")
        if re.search(r"^\s*(from|import) wxcloudrun\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert importing == []


# --- The same tests on both stacks ------------------------------------------------------------------


def test_what_stays_on_one_stack_is_there() -> None:
    assert [name for name in ONLY_LOCAL if not (BACKEND / "tests" / "unit" / name).is_dir()] == []


def test_make_test_runs_on_both_stacks() -> None:
    assert "--stack=both" in suite.command_of(BACKEND / "junit.xml", [])


def test_what_is_said_to_take_long_is_there() -> None:
    assert [name for name in LONG if not (BACKEND / "tests" / name).is_file()] == []
