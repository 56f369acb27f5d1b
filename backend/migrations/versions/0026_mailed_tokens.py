"""addresses may be verified, and tokens be mailed to them

A new column, empty in what is there: nobody has shown yet that their address is theirs. Who goes back loses what
was shown, and tokens that were mailed and not used.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0026"
down_revision = "0025"
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
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql"
    )


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("email_verified_at", MOMENT, nullable=True))
    op.create_table(
        "mailed_tokens",
        sa.Column("token_hash", ascii_name(64), nullable=False),
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("purpose", ascii_name(16), nullable=False),
        sa.Column("email", unicode_name(254), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_mailed_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_mailed_tokens")),
    )
    op.create_index(op.f("ix_mailed_tokens_user_id"), "mailed_tokens", ["user_id"])
    op.create_index(op.f("ix_mailed_tokens_expires_at"), "mailed_tokens", ["expires_at"])


def downgrade() -> None:
    op.drop_table("mailed_tokens")
    with op.batch_alter_table("users") as table:
        table.drop_column("email_verified_at")
