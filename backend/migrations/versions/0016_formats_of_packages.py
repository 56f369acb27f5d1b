"""packages have a format, with names as long as the formats allow

Nothing is copied on MySQL. Going back is refused while there is a package of another format than generic:
the older schema has no place for it. Names that are remembered of deleted ones and that are too long for
the older schema are forgotten.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BEFORE, AFTER = "uq_packages_project_id_name", "uq_packages_project_id_name_format"
SHORT, LONG = 128, 255


def upgrade() -> None:
    op.add_column("packages", sa.Column("format", ascii_name(16), nullable=False, server_default="generic"))
    op.add_column("packages", sa.Column("display_name", ascii_name(LONG), nullable=True))
    with op.batch_alter_table("packages") as table:
        table.alter_column(
            "name", existing_type=ascii_name(SHORT), type_=ascii_name(LONG), existing_nullable=False
        )
        table.create_unique_constraint(AFTER, ["project_id", "name", "format"])
        table.drop_constraint(BEFORE, type_="unique")
    resize_remembered(SHORT, LONG)


def downgrade() -> None:
    refuse_other_formats()
    forget_long_names()
    with op.batch_alter_table("packages") as table:
        table.create_unique_constraint(BEFORE, ["project_id", "name"])
        table.drop_constraint(AFTER, type_="unique")
        table.alter_column(
            "name", existing_type=ascii_name(LONG), type_=ascii_name(SHORT), existing_nullable=False
        )
        table.drop_column("display_name")
        table.drop_column("format")
    resize_remembered(LONG, SHORT)


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def resize_remembered(before: int, after: int) -> None:
    """Give remembered names of packages another length."""
    with op.batch_alter_table("package_names") as table:
        table.alter_column(
            "package", existing_type=ascii_name(before), type_=ascii_name(after), existing_nullable=False
        )


def refuse_other_formats() -> None:
    """Raise RuntimeError if there is a package of another format."""
    packages = sa.table("packages", *(sa.column(name) for name in ("id", "name", "format")))
    other = sa.select(*packages.c).where(packages.c.format != "generic").order_by(packages.c.id).limit(1)
    found = op.get_bind().execute(other).first()
    if found is not None:
        message = (
            f"package {found.name} ({found.id}) has the format {found.format}; "
            "delete it and let the worker erase it first"
        )
        raise RuntimeError(message)


def forget_long_names() -> None:
    """Delete remembered names that the older schema cannot hold, with what their versions were."""
    names = sa.table("package_names", sa.column("id"), sa.column("package"))
    is_long = sa.func.length(names.c.package) > SHORT
    for name in ("retired_versions", "retired_files"):
        retired = sa.table(name, sa.column("name_id"))
        hangs = retired.c.name_id.in_(sa.select(names.c.id).where(is_long))
        op.execute(sa.delete(retired).where(hangs))
    op.execute(sa.delete(names).where(is_long))
