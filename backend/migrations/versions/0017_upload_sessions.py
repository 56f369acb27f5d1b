"""uploads that come in several requests: their sessions, and what is known of the parts

Two new tables; nothing is copied. Who goes back loses uploads that are not completed, and the receipts of
those that are; the sweeper removes their objects when their leases have ended.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
LONG_BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def words(length: int) -> sa.types.TypeEngine[str]:
    """Any text, compared byte by byte."""
    variant = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return sa.String(length).with_variant(variant, "mysql")


def upgrade() -> None:
    op.create_table(
        "upload_sessions",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", ascii_name(32), nullable=False),
        sa.Column("package_id", ROW_ID, nullable=False),
        sa.Column("created_by", ROW_ID, nullable=True),
        sa.Column("filename", words(512), nullable=False),
        sa.Column("content_type", ascii_name(255), nullable=False),
        sa.Column("tag", ascii_name(128), nullable=True),
        sa.Column("version", ascii_name(128), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", ascii_name(64), nullable=True),
        sa.Column("part_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received", LONG_BYTES, nullable=False),
        sa.Column("object_key", ascii_name(32), nullable=False),
        sa.Column("writer", ascii_name(1024), nullable=False),
        sa.Column("hashed_parts", sa.Integer(), nullable=False),
        sa.Column("hash_state", LONG_BYTES, nullable=True),
        sa.Column("hash_maker", ascii_name(128), nullable=True),
        sa.Column("state", ascii_name(16), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("fenced_until", MOMENT, nullable=True),
        sa.Column("upload_id", ROW_ID, nullable=True),
        sa.Column("failure", LONG_BYTES, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id"], ["packages.id"],
            name=op.f("fk_upload_sessions_package_id_packages"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"],
            name=op.f("fk_upload_sessions_created_by_users"), ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"],
            name=op.f("fk_upload_sessions_upload_id_uploads"), ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_sessions")),
        sa.UniqueConstraint("public_id", name=op.f("uq_upload_sessions_public_id")),
        sqlite_autoincrement=True,
    )  # fmt: skip
    for columns in (["state", "expires_at"], ["created_by", "state"], ["package_id"], ["upload_id"]):
        name = "_".join(["ix_upload_sessions", *columns])
        op.create_index(op.f(name), "upload_sessions", columns)
    op.create_table(
        "session_parts",
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sha256", ascii_name(64), nullable=True),
        sa.Column("receipt", ascii_name(4096), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["upload_sessions.id"],
            name=op.f("fk_session_parts_session_id_upload_sessions"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "number", name=op.f("pk_session_parts")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("session_parts")
    op.drop_table("upload_sessions")
