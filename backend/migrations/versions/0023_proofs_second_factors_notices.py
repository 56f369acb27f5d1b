"""sessions know when their person was there, people may have a second factor, and hear of changed ways in

New columns, empty in what is there: logins that were opened before have no proof, and are asked for one. Who
goes back loses second factors with their codes: logins ask for the password alone then.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0023"
down_revision = "0022"
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


def of_user(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    """Say whose a row is; it goes with them."""
    name = f"fk_{table}_user_id_users"
    key = sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=name, ondelete="CASCADE")
    return sa.Column("user_id", ROW_ID, nullable=False), key


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("second_factor_at", MOMENT, nullable=True))
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("proved_at", MOMENT, nullable=True))
        table.add_column(sa.Column("last_used_at", MOMENT, nullable=True))
        table.add_column(sa.Column("address", ascii_name(45), nullable=True))
        table.add_column(sa.Column("device", unicode_name(200), nullable=True))
    op.create_table(
        "second_factors",
        *of_user("second_factors"),
        sa.Column("sealed_secret", ascii_name(255), nullable=False),
        sa.Column("last_step", ROW_ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", ascii_name(64), nullable=False),
        *of_user("recovery_codes"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"])
    op.create_table(
        "notices",
        sa.Column("id", ROW_ID, nullable=False),
        *of_user("notices"),
        sa.Column("what", ascii_name(64), nullable=False),
        sa.Column("noticed_at", MOMENT, nullable=False),
        sa.Column("address", ascii_name(45), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_notices_user_id"), "notices", ["user_id"])


def downgrade() -> None:
    op.drop_table("notices")
    op.drop_table("recovery_codes")
    op.drop_table("second_factors")
    with op.batch_alter_table("sessions") as table:
        for column in ("device", "address", "last_used_at", "proved_at"):
            table.drop_column(column)
    with op.batch_alter_table("users") as table:
        table.drop_column("second_factor_at")
