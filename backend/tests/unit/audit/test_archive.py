"""Entries that are old: exported into a file that verifies by itself, and taken away."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from tests.support.apps import AppWith
from tests.support.client import ApiClient
from tests.support.moments import Clock
from tests.unit.audit.conftest import entries
from tests.unit.audit.test_chain import kinds, tamper, write
from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.audit.rules import AuditKeys
from wxcloudrun.audit.service.archive import Archive, NotPruned
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.kit.db import reading

NOT_EXPORTED = (
    "nothing was taken away: the file is not what was exported; run `flask audit-verify --export FILE`\n"
)

type Run = Callable[..., Result]


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """An application whose log has an age."""
    return app_with(AUDIT_DAYS="30")


@pytest.fixture
def run(app: Flask) -> Run:
    """Run one of the commands."""
    return lambda *arguments: app.test_cli_runner().invoke(args=[str(each) for each in arguments])


@pytest.fixture
def exported(audit: AuditService, time: Clock, run: Run, tmp_path: Path) -> Path:
    """Six old entries in a file, and four young ones in the log."""
    write(6)
    audit.chain()
    time.advance(days=31)
    write(4)
    audit.chain()
    assert run("audit-export", tmp_path / "old.jsonl").output == "6 entries exported\n"
    return tmp_path / "old.jsonl"


def count() -> int:
    """Count entries."""
    with reading() as session:
        return session.execute(select(func.count()).select_from(AuditEntry)).scalar_one()


def test_given_an_export_then_it_verifies_without_the_database(exported: Path, run: Run) -> None:
    tamper("DELETE FROM audit_entries", "DELETE FROM audit_links")

    verdict = json.loads(run("audit-verify", "--export", exported, "--json").output)

    assert (verdict["clean"], verdict["checked"]) == (True, 6)
    assert exported.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [*lines[:3], lines[3].replace("thing.done", "thing.seen"), *lines[4:]],
        lambda lines: [*lines[:3], *lines[4:]],
        lambda lines: lines[:-1],
        lambda lines: [*lines[:-2], lines[-1]],
        lambda lines: [lines[0], lines[-1]],
        lambda lines: [lines[0], *lines[3:]],
        lambda lines: ["{}", *lines[1:]],
        lambda lines: [*lines[:4], lines[3], *lines[4:]],
        lambda lines: [*lines[:3], "no line", *lines[3:]],
        lambda lines: [*lines[:3], lines[3][:-20], *lines[4:]],
        lambda lines: [*lines[:3], '["entry"]', *lines[4:]],
        lambda lines: [*lines[:3], "[" * 100_000 + '"entry"', *lines[4:]],
        lambda lines: [*lines[:3], lines[3].replace('"at": "2', '"at": "x2'), *lines[4:]],
        lambda lines: [*lines[:3], lines[3].replace('"position": ', '"position": 1e999, "x": '), *lines[4:]],
        lambda lines: [lines[0].replace('"position": 0', '"position": "zero"'), *lines[1:]],
        lambda lines: [*lines[:3], '"entry" \udcff', *lines[4:]],
        lambda _: [],
    ],
    ids=[
        "edited",
        "one less",
        "no end",
        "last less",
        "none",
        "first less",
        "no start",
        "twice",
        "noise",
        "cut off",
        "no entry",
        "deep",
        "no time",
        "no number",
        "no place",
        "no UTF-8",
        "empty",
    ],
)
def test_given_a_spoiled_file_then_that_is_found_and_nothing_is_taken_away(
    exported: Path, run: Run, spoil: Callable[[list[str]], list[str]]
) -> None:
    spoiled = "".join(f"{line}\n" for line in spoil(exported.read_text().splitlines()))
    exported.write_text(spoiled, encoding="utf-8", errors="surrogateescape")

    assert run("audit-verify", "--export", exported).exit_code == 1
    pruned = run("audit-prune", exported)
    assert (pruned.exit_code, pruned.output) == (2, NOT_EXPORTED)
    assert count() == 10


def test_given_the_exported_are_taken_away_then_the_rest_verifies_and_the_log_says_so(
    exported: Path, run: Run, audit: AuditService, root: ApiClient
) -> None:
    before = count()
    head = audit.head_line()

    assert run("audit-prune", exported).output == "6 entries taken away\n"
    audit.chain()

    verdict = audit.check()
    [entry] = entries(root, action="audit.pruned")
    assert count() == before - 6 + 1
    assert (verdict.is_clean, verdict.pruned) == (True, 6)
    assert (entry["after"]["position"], entry["after"]["count"]) == (6, 6)
    assert run("audit-verify", "--head", head).exit_code == 0
    assert run("audit-prune", exported).output == "0 entries taken away\n"


def test_given_pruning_then_the_next_file_goes_on_where_the_last_one_ended(
    exported: Path, run: Run, audit: AuditService, time: Clock, tmp_path: Path
) -> None:
    run("audit-prune", exported)
    audit.chain()
    time.advance(days=31)

    assert "entries exported" in run("audit-export", tmp_path / "next.jsonl").output
    positions = [
        json.loads(line).get("position") for line in (tmp_path / "next.jsonl").read_text().splitlines()
    ]
    assert positions[1] == 7
    assert run("audit-prune", tmp_path / "next.jsonl").exit_code == 0
    assert kinds(audit) == []


def test_given_nothing_that_is_old_then_an_empty_file_takes_nothing_away_and_that_is_no_failure(
    audit: AuditService, run: Run, tmp_path: Path
) -> None:
    write(3)
    audit.chain()
    before = count()

    assert run("audit-export", tmp_path / "none.jsonl").output == "0 entries exported\n"
    pruned = run("audit-prune", tmp_path / "none.jsonl")

    assert (pruned.exit_code, pruned.output) == (0, "0 entries taken away\n")
    assert (count(), kinds(audit)) == (before, [])


def test_given_the_checkpoint_is_removed_then_what_was_pruned_is_missing(
    exported: Path, run: Run, audit: AuditService
) -> None:
    run("audit-prune", exported)
    tamper("DELETE FROM audit_checkpoints WHERE kind = 'pruned'")

    assert "missing" in kinds(audit)


def test_given_younger_entries_then_nothing_is_taken_away(exported: Path, run: Run, tmp_path: Path) -> None:
    run("audit-export", "--all", tmp_path / "all.jsonl")

    refused = run("audit-prune", tmp_path / "all.jsonl")

    assert (refused.exit_code, "younger than AUDIT_DAYS" in refused.output) == (2, True)
    assert count() == 10
    assert run("audit-export", exported).exit_code == 2, "a file that is there is not written over"


def test_given_no_age_then_nothing_is_taken_away(exported: Path, app: Flask) -> None:
    ageless = Archive(app.extensions["services"][AuditKeys], days=None)

    with exported.open() as lines, pytest.raises(NotPruned, match="AUDIT_DAYS is not set"):
        ageless.prune(lines)

    assert count() == 10
