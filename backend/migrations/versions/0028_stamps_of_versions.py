"""what stands for the versions of a package is kept, so that nobody has to add them all up

A new table, with a row for each package that there is. Who goes back loses nothing that anybody has written.

Revision ID: 0028
Revises: 0027
"""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1000


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def upgrade() -> None:
    name = "fk_version_stamps_package_id_packages"
    stamps = op.create_table(
        "version_stamps",
        sa.Column("package_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("stamp", ascii_name(16), nullable=False),
        sa.ForeignKeyConstraint(["package_id"], ["packages.id"], name=name, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("package_id", name=op.f("pk_version_stamps")),
    )
    connection, packages, after = op.get_bind(), sa.table("packages", sa.column("id")), 0
    while True:
        some = sa.select(packages.c.id).where(packages.c.id > after).order_by(packages.c.id).limit(AT_ONCE)
        ids = connection.execute(some).scalars().all()
        if not ids:
            return
        rows = [{"package_id": each, "stamp": secrets.token_hex(8)} for each in ids]
        connection.execute(stamps.insert(), rows)
        after = ids[-1]


def downgrade() -> None:
    op.drop_table("version_stamps")
