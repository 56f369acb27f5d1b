"""`make audit`: weak libraries, missing hashes, other licences, floating images; and what it cannot know."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import BACKEND
from tools import audit
from tools.audit import Audited

PINS = frozenset({("jinja2", "3.1.6"), ("ruff", "0.17.5"), ("ruff", "0.17.6")})


def dump(folder: Path, **record: Any) -> Path:
    """Write a dump of OSV with one advisory."""
    file = folder / "all.zip"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("PYSEC-1.json", json.dumps({"id": "PYSEC-1", **record}))
    return file


def about(name: str, *events: dict[str, str], **more: Any) -> list[dict[str, Any]]:
    """Say which versions of a package are affected."""
    package = {"ecosystem": "PyPI", "name": name}
    return [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}], **more}]


@pytest.mark.parametrize(
    ("affected", "found"),
    [
        (about("Jinja2", {"introduced": "0"}, {"fixed": "3.1.7"}), ["jinja2 3.1.6 has PYSEC-1"]),
        (about("Jinja2", {"introduced": "0"}, {"fixed": "3.1.6"}), []),
        (about("Jinja2", {"introduced": "3.2"}), []),
        (about("Jinja2", {"introduced": "3.1"}, {"last_affected": "3.1.6"}), ["jinja2 3.1.6 has PYSEC-1"]),
        (about("Jinja2", {"introduced": "3.1"}, {"last_affected": "3.1.5"}), []),
        (about("ruff", versions=["0.17.6"]), ["ruff 0.17.6 has PYSEC-1"]),
        (about("flask", {"introduced": "0"}), []),
        ([{"package": {"ecosystem": "npm", "name": "ruff"}, "versions": ["0.17.6"]}], []),
    ],
)
def test_an_advisory_is_found_for_the_versions_that_it_names(
    tmp_path: Path, affected: list[dict[str, Any]], found: list[str]
) -> None:
    audited = Audited()

    audit.advisories(PINS, str(dump(tmp_path, affected=affected)), audited)

    assert (audited.findings, audited.unknown) == (found, [])


def test_one_that_was_withdrawn_is_not(tmp_path: Path) -> None:
    audited = Audited()
    affected = about("ruff", {"introduced": "0"})

    audit.advisories(PINS, str(dump(tmp_path, affected=affected, withdrawn="2026-01-01T00:00:00Z")), audited)

    assert audited.findings == []


@pytest.mark.parametrize("source", ["no-such-file.zip", __file__])
def test_given_nobody_to_ask_then_it_is_said_and_the_command_ends_otherwise_than_well(source: str) -> None:
    audited = Audited()

    audit.advisories(PINS, source, audited)

    (said,) = audited.unknown
    assert "cannot be asked" in said
    assert audited.exit_code == 3
    audited.findings.append("something")
    assert audited.exit_code == 1


def test_a_pin_without_a_hash_and_a_hash_without_a_pin_are_found(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a==1\nb==2  # why\nc==3\n")
    hashed = f" \\\n    --hash=sha256:{'0' * 64}\n"
    (tmp_path / "list.lock").write_text(f"a==1{hashed}b==1{hashed}c==3\nd==4{hashed}")

    found = list(audit.hashes(tmp_path / "list.txt", tmp_path / "list.lock"))

    assert [each.split(" has ")[1].partition(" ")[0] for each in found] == ["b", "c", "d"]


def test_every_pin_of_the_service_and_of_the_tests_has_its_hashes_and_an_allowed_licence() -> None:
    pins = audit.pins_in(audit.ROOT / "requirements-test.txt") | audit.pins_in(
        audit.ROOT / "requirements.txt"
    )

    assert len(pins) > 80
    assert list(audit.licences(pins)) == []


@pytest.mark.parametrize(
    ("said", "is_allowed"),
    [
        ({"license_expression": "MIT"}, True),
        ({"classifier": ["License :: OSI Approved :: BSD License"]}, True),
        ({"license": "Apache 2.0"}, True),
        ({"license": "GNU Affero General Public License v3"}, False),
        ({"license_expression": "GPL-3.0-only"}, False),
        ({"license": "Proprietary, no permission"}, False),
        ({}, False),
    ],
)
def test_a_licence_is_allowed_by_its_name(said: dict[str, Any], *, is_allowed: bool) -> None:
    assert any(audit.ALLOWED.search(each) for each in audit.licence_of(said)) is is_allowed


def test_an_image_that_a_tag_names_alone_is_told(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(f"FROM python:3.12-slim AS one\nFROM debian@sha256:{'0' * 64}\n")

    (said,) = audit.images([file])

    assert "python:3.12-slim" in said


def test_the_image_installs_nothing_without_its_hash() -> None:
    lines = (BACKEND / "Dockerfile").read_text().splitlines()

    assert [line for line in lines if "pip install" in line and "--require-hashes" not in line] == []
