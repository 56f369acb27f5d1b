"""versions that a Debian or rpm package said itself stand in the order of dpkg or rpm

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BATCH = 20_000  # ids in a statement: what it locks and keeps for a rollback stays small in a large table

versions = sa.table(
    "versions",
    sa.column("id", sa.BigInteger),
    sa.column("version_source", sa.String),
    sa.column("original_name", sa.String),
    sa.column("scheme", sa.String),
)


def upgrade() -> None:
    scheme = sa.String(8).with_variant(mysql.VARCHAR(8, charset="ascii", collation="ascii_bin"), "mysql")
    op.add_column("versions", sa.Column("scheme", scheme, nullable=True))
    highest = op.get_bind().execute(sa.select(sa.func.max(versions.c.id))).scalar() or 0
    for first in range(0, highest + 1, BATCH):
        op.execute(mark(first))


def mark(first: int) -> sa.Update:
    """Mark those of a batch whose version was read from the metadata of a .deb or .rpm file."""
    ending = sa.func.lower(sa.func.substr(versions.c.original_name, -4))
    return (
        sa.update(versions)
        .where(
            versions.c.id.between(first, first + BATCH - 1),
            versions.c.version_source == "metadata",
            ending.in_([".deb", ".rpm"]),
        )
        .values(scheme=sa.func.substr(ending, 2))
    )


def downgrade() -> None:
    op.drop_column("versions", "scheme")
