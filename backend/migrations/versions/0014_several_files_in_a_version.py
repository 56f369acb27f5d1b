"""packages say whether their versions have several files; names of deleted files; sealed versions

Nothing is copied on MySQL. Going back is refused while a package is made for several files: the older
schema has no place for that.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
FILENAME = sa.String(512).with_variant(
    mysql.VARCHAR(512, charset="utf8mb4", collation="utf8mb4_bin"), "mysql"
)


def upgrade() -> None:
    op.add_column("packages", sa.Column("layout", ascii_name(8), nullable=False, server_default="single"))
    op.add_column("versions", sa.Column("sealed_at", MOMENT, nullable=True))
    op.create_table(
        "retired_files",
        sa.Column("name_id", ROW_ID, nullable=False),
        sa.Column("version", ascii_name(128), nullable=False),
        sa.Column("filename", FILENAME, nullable=False),
        sa.Column("package_id", ROW_ID, nullable=False),
        sa.Column("digest", ascii_name(64), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["name_id"], ["package_names.id"], name="fk_retired_files_name_id_package_names"
        ),
        sa.PrimaryKeyConstraint("name_id", "version", "filename", name="pk_retired_files"),
    )


def downgrade() -> None:
    refuse_several_files()
    op.drop_table("retired_files")
    with op.batch_alter_table("versions") as table:
        table.drop_column("sealed_at")
    with op.batch_alter_table("packages") as table:
        table.drop_column("layout")


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def refuse_several_files() -> None:
    """Raise RuntimeError if a package is made for several files in a version."""
    packages = sa.table("packages", sa.column("id"), sa.column("name"), sa.column("layout"))
    several = sa.select(packages.c.id, packages.c.name).where(packages.c.layout != "single").limit(1)
    found = op.get_bind().execute(several).first()
    if found is not None:
        message = (
            f"package {found.name} ({found.id}) is made for several files in a version; "
            "give it the layout single, or delete it"
        )
        raise RuntimeError(message)
