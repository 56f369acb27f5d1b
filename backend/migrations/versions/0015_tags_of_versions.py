"""tags point at versions, where a version may have several files; names of files are paths, with all blanks

On MySQL names of files get a collation that tells 'a' from 'a ', for which their tables are copied while
they are read. Going back is refused while a tag points at a version: the older schema has no place for that.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.String(128).with_variant(mysql.VARCHAR(128, charset="ascii", collation="ascii_bin"), "mysql")
# Columns of file names by table: how long they were, and whether there may be none. Those that are unique
# come first: going back ends with the first of them if two names would become one.
NAMES = {
    "version_files": {"filename": (512, False), "original_name": (255, True)},
    "retired_files": {"filename": (512, False)},
    "uploads": {"original_name": (255, True)},
    "tags": {"original_name": (255, True)},
}
ONE_TARGET = "(artifact_id IS NULL) <> (version_id IS NULL)"
KEY, INDEX = "fk_tags_version_id_versions", "ix_tags_version_id"


def upgrade() -> None:
    with op.batch_alter_table("tags") as table:
        table.add_column(sa.Column("version_id", ROW_ID, nullable=True))
        table.create_index(INDEX, ["version_id"])
        table.create_foreign_key(KEY, "versions", ["version_id"], ["id"], ondelete="CASCADE")
        table.create_check_constraint(op.f("ck_tags_one_target"), sa.text(ONE_TARGET))
    op.add_column("tag_moves", sa.Column("version", NAME, nullable=True))
    op.add_column("tag_moves", sa.Column("previous_version", NAME, nullable=True))
    for table, columns in NAMES.items():
        with op.batch_alter_table(table) as batch:
            for column, (length, is_nullable) in columns.items():
                batch.alter_column(
                    column, existing_type=padded(length), type_=exact(), existing_nullable=is_nullable
                )


def downgrade() -> None:
    refuse_tags_of_versions()
    for table, columns in NAMES.items():
        with op.batch_alter_table(table) as batch:
            for column, (length, is_nullable) in columns.items():
                batch.alter_column(
                    column, existing_type=exact(), type_=padded(length), existing_nullable=is_nullable
                )
    with op.batch_alter_table("tag_moves") as table:
        table.drop_column("previous_version")
        table.drop_column("version")
    with op.batch_alter_table("tags") as table:
        table.drop_constraint(op.f("ck_tags_one_target"), type_="check")
        table.drop_constraint(KEY, type_="foreignkey")
        table.drop_index(INDEX)
        table.drop_column("version_id")


def padded(length: int) -> sa.types.TypeEngine[str]:
    """Any text, compared byte by byte but for the blanks at its end."""
    variant = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return sa.String(length).with_variant(variant, "mysql")


def exact() -> sa.types.TypeEngine[str]:
    """Any text, compared byte by byte; the two MySQLs call that differently."""
    is_mariadb = getattr(op.get_bind().dialect, "is_mariadb", False)
    collation = "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
    variant = mysql.VARCHAR(512, charset="utf8mb4", collation=collation)
    return sa.String(512).with_variant(variant, "mysql")


def refuse_tags_of_versions() -> None:
    """Raise RuntimeError if a tag points at a version."""
    tags = sa.table("tags", *(sa.column(name) for name in ("name", "package_id", "version_id")))
    pointing = sa.select(tags.c.name, tags.c.package_id).where(tags.c.version_id.is_not(None)).limit(1)
    found = op.get_bind().execute(pointing).first()
    if found is not None:
        message = (
            f"tag {found.name} of package {found.package_id} points at a version; "
            "give the package the layout single, or delete the tag"
        )
        raise RuntimeError(message)
