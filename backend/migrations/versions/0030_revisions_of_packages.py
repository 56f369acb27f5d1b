"""packages of formats with a protocol have a revision, which stands for what the protocol shows of them

A new table, with a row for each such package that there is. Who goes back loses nothing that anybody has
written.

Revision ID: 0030
Revises: 0029
"""

import secrets

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0030"
down_revision = "0029"
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
    name = "fk_package_revisions_package_id_packages"
    revisions = op.create_table(
        "package_revisions",
        sa.Column("package_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("revision", ROW_ID, nullable=False),
        sa.Column("mark", ascii_name(16), nullable=False),
        sa.ForeignKeyConstraint(["package_id"], ["packages.id"], name=name, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("package_id", name=op.f("pk_package_revisions")),
    )
    packages = sa.table("packages", sa.column("id"), sa.column("format"))
    connection, after = op.get_bind(), 0
    while True:
        some = (
            sa.select(packages.c.id)
            .where(packages.c.id > after, packages.c.format != "generic")
            .order_by(packages.c.id)
            .limit(AT_ONCE)
        )
        ids = connection.execute(some).scalars().all()
        if not ids:
            return
        rows = [{"package_id": each, "revision": 1, "mark": secrets.token_hex(8)} for each in ids]
        connection.execute(revisions.insert(), rows)
        after = ids[-1]


def downgrade() -> None:
    op.drop_table("package_revisions")
