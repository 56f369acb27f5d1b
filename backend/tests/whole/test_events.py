"""Every event that a domain declares has a row in the table of listeners, is announced, and is recorded."""

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.unit.audit.test_every_change_is_recorded import CHANGES
from tests.unit.audit.test_what_follows_is_recorded import FOLLOWS
from tests.whole.test_architecture import PACKAGE, PACKAGE_FILES, name_of, nodes
from wxcloudrun.audit.service.record import record
from wxcloudrun.kit.events import EventKind
from wxcloudrun.wiring.listeners import LISTENERS

NAME = re.compile(r"[a-z_]+\.[a-z]+")
# What leaves nothing in the audit log, and why.
NOT_RECORDED = {"upload_session.done": "the upload that it has become is recorded"}
# What no operation ends with, and the test that finds it in the log.
FOUND_ELSEWHERE = {
    "login.refused": "audit/test_every_change_is_recorded.py",
    "audit.begun": "audit/test_beginning.py",
    "audit.pruned": "audit/test_archive.py",
    "audit.read": "audit/test_what_settings_ask_for.py",
    "request.refused": "audit/test_what_settings_ask_for.py",
    "artifact.downloaded": "audit/test_what_settings_ask_for.py",
    "link.made": "audit/test_what_settings_ask_for.py",
    "erasure.finished": "erasure/test_packages.py",
    "member.sought": "projects/test_members.py",
    "store.collected": "artifacts/test_recorded_runs.py",
    "store.swept": "artifacts/test_recorded_runs.py",
    "store.repaired": "artifacts/test_recorded_runs.py",
    "store.rebuilt": "artifacts/test_recorded_runs.py",
    "object.restored": "artifacts/test_recorded_runs.py",
    "version.recounted": "audit/test_what_entries_say.py",
    "recovery_code.used": "second_factors/test_logins.py",
    "wechat.linked": "wechat/test_wechat.py",
}


def declared() -> dict[str, EventKind]:
    """Return the events of every domain by the names of their constants."""
    modules = [
        importlib.import_module(f"wxcloudrun.{path.parent.name}.events")
        for path in PACKAGE.glob("*/events.py")
        if path.parent.name != "kit"
    ]
    return {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, EventKind)
    }


KINDS = declared()


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield where a function of that name is called."""
    for path in PACKAGE_FILES:
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield name_of(path), node


def test_every_event_has_a_row_in_the_table_of_listeners_and_the_table_has_no_other() -> None:
    assert set(KINDS.values()) == set(LISTENERS)


def test_events_are_declared_in_the_domains_and_nowhere_else() -> None:
    places = {place.rpartition("/")[2] for place, _ in calls("EventKind")}

    assert places == {"events.py"}


@pytest.mark.parametrize("place", KINDS)
def test_an_event_is_called_by_what_it_is_about_and_what_has_happened(place: str) -> None:
    kind = KINDS[place]

    assert NAME.fullmatch(kind.name)
    assert place.rpartition(".")[2] == kind.name.replace(".", "_").upper()


def test_no_two_events_have_one_name() -> None:
    assert [name for name, count in Counter(kind.name for kind in KINDS.values()).items() if count > 1] == []


def test_every_event_is_announced_somewhere() -> None:
    said = {
        argument.id
        for name in ("announce", "announced")
        for _, call in calls(name)
        for argument in call.args
        if isinstance(argument, ast.Name) and argument.id.isupper()
    }

    assert {place.rpartition(".")[2] for place in KINDS} - said == set()


def test_every_event_is_recorded_or_it_is_said_why_not() -> None:
    silent = {kind.name for kind, heard in LISTENERS.items() if record not in heard.in_transaction}

    assert silent == set(NOT_RECORDED)


def test_every_recorded_event_is_found_in_the_log_by_a_test() -> None:
    found = {action for _, action, _ in CHANGES.values()} | set(FOLLOWS) | set(FOUND_ELSEWHERE)

    assert found == {kind.name for kind in LISTENERS} - set(NOT_RECORDED)


@pytest.mark.parametrize("action", FOUND_ELSEWHERE)
def test_the_test_that_is_named_speaks_of_the_event(action: str) -> None:
    test = PACKAGE.parent / "tests" / "unit" / FOUND_ELSEWHERE[action]

    assert f'"{action}"' in test.read_text(encoding="utf-8")
