"""upload sessions remember the Idempotency-Key with which they were begun, and are found by their end

Two new columns, empty in what is there, and two indexes. Who goes back loses the keys alone: a session that
is asked for again with one is begun twice then, and the second expires.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UNIQUE = "uq_upload_sessions_created_by_idempotency_key"
BY_END = "ix_upload_sessions_expires_at"


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def upgrade() -> None:
    with op.batch_alter_table("upload_sessions") as table:
        table.add_column(sa.Column("idempotency_key", ascii_name(128), nullable=True))
        table.add_column(sa.Column("fingerprint", ascii_name(64), nullable=True))
        table.create_unique_constraint(op.f(UNIQUE), ["created_by", "idempotency_key"])
    op.create_index(op.f(BY_END), "upload_sessions", ["expires_at"])


def downgrade() -> None:
    op.drop_index(op.f(BY_END), "upload_sessions")
    with op.batch_alter_table("upload_sessions") as table:
        table.drop_constraint(op.f(UNIQUE), type_="unique")
        table.drop_column("fingerprint")
        table.drop_column("idempotency_key")
