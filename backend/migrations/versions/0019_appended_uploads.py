"""uploads whose bytes come in order, however many at a time, and what the tus protocol keeps of them

Columns with defaults and one new table; nothing is copied on MySQL. Who goes back loses uploads of this kind
that are not completed, and the receipts of those that are; the sweeper removes their objects when their
leases have ended.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
KIND = sa.String(16).with_variant(mysql.VARCHAR(16, charset="ascii", collation="ascii_bin"), "mysql")
OF_SESSIONS = (
    ("has_length", sa.Boolean(), sa.true()),
    ("is_appended", sa.Boolean(), sa.false()),
    ("offset_bytes", sa.BigInteger(), "0"),
    ("epoch", sa.Integer(), "0"),
)


def upgrade() -> None:
    for name, kind, default in OF_SESSIONS:
        op.add_column("upload_sessions", sa.Column(name, kind, nullable=False, server_default=default))
    for name in ("offset_bytes", "size_bytes"):
        op.add_column("session_parts", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_table(
        "tus_uploads",
        sa.Column("session_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("said", LONG_BYTES, nullable=False),
        sa.Column("partials", LONG_BYTES, nullable=True),
        sa.Column("final_id", ROW_ID, nullable=True),
        sa.Column("is_terminated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["upload_sessions.id"],
            name=op.f("fk_tus_uploads_session_id_upload_sessions"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["final_id"], ["upload_sessions.id"],
            name=op.f("fk_tus_uploads_final_id_upload_sessions"), ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_tus_uploads")),
    )  # fmt: skip
    op.create_index(op.f("ix_tus_uploads_final_id"), "tus_uploads", ["final_id"])


def downgrade() -> None:
    op.drop_table("tus_uploads")
    sessions = sa.table("upload_sessions", sa.column("is_appended"))
    op.execute(sa.delete(sessions).where(sessions.c.is_appended == sa.true()))
    for table, names in (
        ("session_parts", ["offset_bytes", "size_bytes"]),
        ("upload_sessions", [name for name, _, _ in OF_SESSIONS]),
    ):
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.drop_column(name)
