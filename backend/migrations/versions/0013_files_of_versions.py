"""the bytes of versions hang on their files

Each version that has bytes gets one file, called as it was when it was deposited. Rows are moved some
thousand at a time, and on MySQL each time is committed: nobody who reads waits for more than the moment in
which a column comes or goes.

Going back is refused while a version has several files: the older schema has no place for them.

Revision ID: 0013
Revises: 0012
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BATCH = 5_000  # ids in a statement: a fraction of a second
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
OLD_INDEX = "ix_versions_package_id_id_artifact_id_created_at_yanked_at"
NEW_INDEX = "ix_versions_package_id_id_files_count_created_at_yanked_at"
DEPOSIT = ("artifact_id", "original_name", "content_type", "deposited_at", "deposited_by")
KEYS = {"fk_versions_artifact_id_artifacts": "artifact_id", "fk_versions_deposited_by_users": "deposited_by"}

versions = sa.table(
    "versions", *(sa.column(name) for name in ("id", "package_id", "version", "files_count", *DEPOSIT))
)
files = sa.table(
    "version_files", *(sa.column(name) for name in ("package_id", "version_id", "filename", *DEPOSIT))
)


def upgrade() -> None:
    make_table()
    op.add_column("versions", sa.Column("files_count", sa.Integer(), nullable=False, server_default="0"))
    with each_statement_committed():
        for batch in batches():
            has_bytes = sa.and_(batch, versions.c.artifact_id.is_not(None))
            op.execute(move_out(has_bytes))
            op.execute(sa.update(versions).where(has_bytes).values(files_count=1))
    with op.batch_alter_table("versions") as table:
        table.create_index(NEW_INDEX, ["package_id", "id", "files_count", "created_at", "yanked_at"])
        table.drop_index(OLD_INDEX)
        for name in KEYS:
            table.drop_constraint(name, type_="foreignkey")
        table.drop_index("ix_versions_artifact_id_package_id")
        for name in made_for_keys():
            table.drop_index(name)
        for name in DEPOSIT:
            table.drop_column(name)


def downgrade() -> None:
    refuse_several_files()
    with op.batch_alter_table("versions") as table:
        table.add_column(sa.Column("artifact_id", ascii_name(64), nullable=True))
        table.add_column(sa.Column("original_name", unicode_name(255), nullable=True))
        table.add_column(sa.Column("content_type", ascii_name(255), nullable=True))
        table.add_column(sa.Column("deposited_at", MOMENT, nullable=True))
        table.add_column(sa.Column("deposited_by", ROW_ID, nullable=True))
    with each_statement_committed():
        for batch in batches():
            op.execute(move_back(batch))
    op.drop_table("version_files")
    on_mysql("SET foreign_key_checks = 0")  # else adding a key copies the table and nobody may write
    with op.batch_alter_table("versions") as table:
        table.create_foreign_key("fk_versions_artifact_id_artifacts", "artifacts", ["artifact_id"], ["id"])
        table.create_foreign_key(
            "fk_versions_deposited_by_users", "users", ["deposited_by"], ["id"], ondelete="SET NULL"
        )
        table.create_index("ix_versions_artifact_id_package_id", ["artifact_id", "package_id"])
        table.create_index(OLD_INDEX, ["package_id", "id", "artifact_id", "created_at", "yanked_at"])
        table.drop_index(NEW_INDEX)
        table.drop_column("files_count")
    on_mysql("SET foreign_key_checks = 1")


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length=length).with_variant(
        mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=length), "mysql"
    )


def unicode_name(length: int) -> sa.types.TypeEngine[str]:
    """Any text, compared byte by byte."""
    return sa.String(length=length).with_variant(
        mysql.VARCHAR(charset="utf8mb4", collation="utf8mb4_bin", length=length), "mysql"
    )


def make_table() -> None:
    """Make the table of files, empty."""
    op.create_table(
        "version_files",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("package_id", ROW_ID, nullable=False),
        sa.Column("version_id", ROW_ID, nullable=False),
        sa.Column("filename", unicode_name(512), nullable=False),
        sa.Column("artifact_id", ascii_name(64), nullable=False),
        sa.Column("original_name", unicode_name(255), nullable=True),
        sa.Column("content_type", ascii_name(255), nullable=True),
        sa.Column("deposited_at", MOMENT, nullable=True),
        sa.Column("deposited_by", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["package_id"], ["packages.id"], name="fk_version_files_package_id_packages", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name="fk_version_files_version_id_versions", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["artifact_id"], ["artifacts.id"], name="fk_version_files_artifact_id_artifacts"
        ),
        sa.ForeignKeyConstraint(
            ["deposited_by"], ["users.id"], name="fk_version_files_deposited_by_users", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_version_files"),
        sa.UniqueConstraint("version_id", "filename", name="uq_version_files_version_id_filename"),
        sa.Index("ix_version_files_package_id_filename", "package_id", "filename"),
        sa.Index("ix_version_files_artifact_id_package_id", "artifact_id", "package_id"),
        sqlite_autoincrement=True,
    )


def batches() -> Iterator[sa.ColumnElement[bool]]:
    """Yield conditions that hold for some thousand versions each, and together for all."""
    highest = op.get_bind().execute(sa.select(sa.func.max(versions.c.id))).scalar() or 0
    for first in range(0, highest + 1, BATCH):
        yield versions.c.id.between(first, first + BATCH - 1)


def move_out(which: sa.ColumnElement[bool]) -> sa.Insert:
    """Make the files of these versions."""
    filename = sa.func.coalesce(versions.c.original_name, versions.c.version)
    rows = sa.select(
        versions.c.package_id, versions.c.id, filename, *(versions.c[name] for name in DEPOSIT)
    ).where(which)
    return sa.insert(files).from_select(list(files.c), rows)


def move_back(which: sa.ColumnElement[bool]) -> sa.Update:
    """Give these versions the bytes of their files."""
    held = {name: files.c[name] for name in DEPOSIT}
    return sa.update(versions).where(which, files.c.version_id == versions.c.id).values(held)


def made_for_keys() -> list[str]:
    """Return the indexes that MySQL has made for the keys: a column goes at once if no index has it."""
    found = sa.inspect(op.get_bind()).get_indexes("versions")
    return [each["name"] for each in found if each["name"] in KEYS]


def each_statement_committed() -> AbstractContextManager[None]:
    """Commit statement by statement where changes of the schema are committed anyway."""
    if op.get_bind().dialect.name == "mysql":
        return op.get_context().autocommit_block()
    return nullcontext()


def on_mysql(statement: str) -> None:
    """Run a statement that only MySQL needs."""
    if op.get_bind().dialect.name == "mysql":
        op.execute(sa.text(statement))


def refuse_several_files() -> None:
    """Raise RuntimeError if a version has several files."""
    several = sa.select(versions.c.package_id, versions.c.version).where(versions.c.files_count > 1).limit(1)
    found = op.get_bind().execute(several).first()
    if found is not None:
        message = (
            f"version {found.version} of package {found.package_id} has several files, for which the older "
            "schema has no place; delete all but one"
        )
        raise RuntimeError(message)
