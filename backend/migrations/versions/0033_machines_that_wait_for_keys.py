"""npm can log in by a page: machines that wait for a key

One new table, empty. Who goes back lets machines that wait just now begin again.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def unicode_name(length: int) -> sa.types.TypeEngine[str]:
    """Any text, compared byte by byte."""
    variant = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return sa.String(length).with_variant(variant, "mysql")


def upgrade() -> None:
    op.create_table(
        "npm_logins",
        sa.Column("page_hash", ascii_name(64), nullable=False),
        sa.Column("done_hash", ascii_name(64), nullable=False),
        sa.Column("project", ascii_name(128), nullable=False),
        sa.Column("host", unicode_name(64), nullable=False),
        sa.Column("client", unicode_name(100), nullable=False),
        sa.Column("address", ascii_name(45), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("approved_by", ROW_ID, nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("page_hash", name=op.f("pk_npm_logins")),
        sa.UniqueConstraint("done_hash", name=op.f("uq_npm_logins_done_hash")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["users.id"], name=op.f("fk_npm_logins_approved_by_users"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_npm_logins_expires_at"), "npm_logins", ["expires_at"])
    op.create_index(op.f("ix_npm_logins_approved_by"), "npm_logins", ["approved_by"])


def downgrade() -> None:
    op.drop_table("npm_logins")
