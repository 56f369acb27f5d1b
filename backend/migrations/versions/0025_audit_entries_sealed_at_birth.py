"""audit entries are sealed when they are written; heads count; checkpoints say where that began

What is there has no seal of its own. `flask init` ties it into the chain as it is and seals its end as the
place from which on every entry has one. Who goes back loses seals and checkpoints; the chain stays.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def upgrade() -> None:
    op.add_column("audit_entries", sa.Column("seal", ascii_name(80), nullable=True))
    op.add_column("audit_heads", sa.Column("counter", ROW_ID, nullable=False, server_default="0"))
    op.add_column("audit_heads", sa.Column("at", MOMENT, nullable=True))
    op.create_table(
        "audit_checkpoints",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", ascii_name(16), nullable=False),
        sa.Column("position", ROW_ID, nullable=False),
        sa.Column("mac", ascii_name(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seal", ascii_name(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoints")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("audit_checkpoints")
    with op.batch_alter_table("audit_heads") as table:
        table.drop_column("at")
        table.drop_column("counter")
    op.drop_column("audit_entries", "seal")
