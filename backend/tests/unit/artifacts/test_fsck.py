"""fsck: every kind of damage is found by its name, and repairs delete nothing."""

import time
from collections.abc import Callable
from contextlib import closing

import pytest
from flask import Flask
from sqlalchemy import select

from tests.support.builders import content, sha256
from tests.support.registry import Workshop
from tests.unit.artifacts.conftest import Keeper
from wxcloudrun.kit.db import db, reading
from wxcloudrun.versions.models import Version

Deposit = Callable[..., str]


def damage(keeper: Keeper, artifact_id: str, data: bytes) -> str:
    """Put other bytes where an artifact's bytes lay; return the key."""
    key = keeper.key_of(artifact_id)
    keeper.store.delete(key)
    keeper.store.write(key, [data])
    return key


def test_given_a_sound_registry_then_nothing_is_found(deposit: Deposit, keeper: Keeper) -> None:
    deposit(b"one", tag="t")
    deposit(b"two!", version="1.0.0")
    deposit(b"three", tag="u", version="2.0.0")

    report = keeper.fsck(deep=True)

    assert report.findings == []
    assert (report.artifacts, report.objects, report.references) == (3, 3, 4)
    assert report.bytes_hashed == 12


def test_given_a_row_without_an_object_then_it_is_found(deposit: Deposit, keeper: Keeper) -> None:
    artifact_id = deposit(b"lost", tag="t")
    key = keeper.key_of(artifact_id)
    keeper.store.delete(key)

    assert keeper.fsck().findings == [
        {"kind": "object_missing", "artifact_id": artifact_id, "object_key": key}
    ]


def test_given_an_object_without_a_row_then_it_is_found(keeper: Keeper) -> None:
    key = keeper.orphan(b"12345")

    assert keeper.fsck().findings == [{"kind": "object_unreferenced", "object_key": key, "size_bytes": 5}]


def test_given_a_leased_object_then_it_is_no_finding(keeper: Keeper) -> None:
    keeper.lease(keeper.orphan(), seconds=60)

    assert keeper.fsck().findings == []


def test_given_an_object_of_another_size_then_it_is_found(deposit: Deposit, keeper: Keeper) -> None:
    artifact_id = deposit(b"whole", tag="t")
    key = damage(keeper, artifact_id, b"who")

    assert keeper.fsck().findings == [
        {
            "kind": "size_mismatch",
            "artifact_id": artifact_id,
            "object_key": key,
            "expected": 5,
            "actual": 3,
        }
    ]


def test_given_other_bytes_of_the_same_size_then_only_a_deep_check_finds_them(
    deposit: Deposit, keeper: Keeper
) -> None:
    artifact_id = deposit(b"right", tag="t")
    key = damage(keeper, artifact_id, b"wrong")

    assert keeper.fsck().findings == []
    assert keeper.fsck(deep=True).findings == [
        {
            "kind": "hash_mismatch",
            "artifact_id": artifact_id,
            "object_key": key,
            "actual": sha256(b"wrong"),
        }
    ]


@pytest.mark.parametrize(
    ("names", "table"), [({"tag": "t"}, "tags"), ({"version": "1.0"}, "version_files"), ({}, "uploads")]
)
def test_given_a_reference_that_points_at_nothing_then_it_is_found(
    app: Flask, deposit: Deposit, keeper: Keeper, names: dict[str, str], table: str
) -> None:
    artifact_id = deposit(b"gone", **names)
    without_foreign_keys(app, "DELETE FROM artifacts")

    found = keeper.fsck().findings

    assert [(each["kind"], each["table"], each["artifact_id"]) for each in found if "table" in each] == [
        ("dangling_reference", table, artifact_id)
    ]


def test_given_a_wrong_count_of_files_then_it_is_found_and_a_repair_counts_anew(
    app: Flask, deposit: Deposit, keeper: Keeper
) -> None:
    deposit(b"one", version="1.0.0")
    deposit(b"two", version="2.0.0")
    deposit(b"right", version="3.0.0")
    without_foreign_keys(app, "UPDATE versions SET files_count = 7 WHERE version = '1.0.0'")
    without_foreign_keys(app, "DELETE FROM version_files WHERE artifact_id = '" + sha256(b"two") + "'")

    found = keeper.fsck().findings
    repaired = keeper.fsck(repair=True)

    said = [(each["kind"], each["expected"], each["actual"]) for each in found]
    assert said == [("files_miscounted", 7, 1), ("files_miscounted", 1, 0)]
    assert (repaired.findings, repaired.recounted, repaired.quarantined) == (found, 2, [])
    assert keeper.fsck().findings == []
    with app.app_context(), reading() as session:
        rows = session.execute(select(Version.version, Version.files_count, Version.status)).all()
    assert {tuple(row) for row in rows} == {
        ("1.0.0", 1, "downloaded"), ("2.0.0", 0, "created"), ("3.0.0", 1, "downloaded"),
    }  # fmt: skip


def without_foreign_keys(app: Flask, statement: str) -> None:
    """Do what foreign keys forbid, as restoring a dump does."""
    off, on = {
        "sqlite": ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON"),
        "mysql": ("SET FOREIGN_KEY_CHECKS=0", "SET FOREIGN_KEY_CHECKS=1"),
    }[dialect(app)]
    with app.app_context(), closing(db.engine.raw_connection()) as connection:
        for each in (off, statement, on):
            connection.cursor().execute(each)
        connection.commit()


def dialect(app: Flask) -> str:
    with app.app_context():
        return db.engine.dialect.name


def test_given_repair_then_damaged_and_unknown_objects_are_set_aside_and_can_be_restored(
    app: Flask, deposit: Deposit, keeper: Keeper
) -> None:
    artifact_id = deposit(b"right", tag="t")
    damaged, unknown = damage(keeper, artifact_id, b"wrong"), keeper.orphan(b"nobody's")

    report = keeper.fsck(deep=True, repair=True)

    assert set(report.quarantined) == {damaged, unknown}
    assert keeper.object_keys() == set()
    assert {found.key: found.size_bytes for found in keeper.store.quarantined()} == {damaged: 5, unknown: 8}
    result = app.test_cli_runner().invoke(args=["restore", unknown])
    assert result.exit_code == 0
    assert b"".join(keeper.store.read(unknown)) == b"nobody's"


def test_given_a_damaged_object_set_aside_when_its_bytes_come_again_then_the_artifact_is_healed(
    shop: Workshop, deposit: Deposit, keeper: Keeper
) -> None:
    damage(keeper, deposit(b"right", tag="t"), b"wrong")
    keeper.fsck(deep=True, repair=True)
    assert shop.download("t").status >= 400, "never the wrong bytes"

    deposit(b"right", tag="t")

    assert shop.download("t").body == b"right"
    assert keeper.fsck(deep=True).findings == []


def test_given_a_limit_then_a_deep_check_reads_no_faster(deposit: Deposit, keeper: Keeper) -> None:
    deposit(content(50_000, 1), tag="a")
    deposit(content(50_000, 2), tag="b")
    began = time.monotonic()

    keeper.fsck(deep=True, max_bytes_per_second=250_000)

    assert time.monotonic() - began >= 0.4


def test_given_the_command_then_its_exit_code_tells_clean_from_damaged(
    app: Flask, deposit: Deposit, keeper: Keeper
) -> None:
    run = app.test_cli_runner().invoke
    artifact_id = deposit(b"lost", tag="t")
    clean = run(args=["fsck", "--deep", "--json"])
    assert clean.exit_code == 0
    assert app.json.loads(clean.stdout)["clean"] is True

    keeper.store.delete(keeper.key_of(artifact_id))
    damaged = run(args=["fsck", "--json"])
    assert damaged.exit_code == 1
    assert app.json.loads(damaged.stdout)["counts"] == {"object_missing": 1}
    assert "object_missing" in run(args=["fsck"]).output


def test_given_a_key_that_was_never_set_aside_then_restoring_says_so(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["restore", "0" * 32])

    assert result.exit_code == 2
    assert "has been set aside" in result.output


@pytest.mark.local_store  # and a database of its own, which it breaks
@pytest.mark.parametrize("command", ["collect", "sweep", "fsck", "rebuild"])
def test_given_a_database_without_tables_then_each_command_ends_with_two(
    app: Flask, keeper: Keeper, command: str
) -> None:
    keeper.orphan()
    with app.app_context():
        db.metadata.drop_all(db.engine)

    result = app.test_cli_runner().invoke(args=[command, "--json"])

    assert result.exit_code == 2
    assert "the database failed" in result.output
    assert "it holds no registry; are DATA_DIR and DATABASE_URL right?" in result.output
