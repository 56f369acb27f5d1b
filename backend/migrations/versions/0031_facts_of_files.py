"""what files say of themselves is kept when their bytes are read

Two new tables, empty: files that are there keep what they have, and say nothing more. Who goes back loses
what was read of files, which is in their bytes as before.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


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
    for name, *columns in (
        (
            "file_facts",
            sa.Column("summary", unicode_name(1000), nullable=True),
            sa.Column("requires", unicode_name(500), nullable=True),
            sa.Column("document_digest", ascii_name(64), nullable=True),
            sa.PrimaryKeyConstraint("file_id", name=op.f("pk_file_facts")),
        ),
        (
            "file_documents",
            sa.Column("kind", ascii_name(16), nullable=False),
            sa.Column("content", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"), nullable=False),
            sa.PrimaryKeyConstraint("file_id", "kind", name=op.f("pk_file_documents")),
        ),
    ):
        op.create_table(
            name,
            sa.Column("file_id", ROW_ID, autoincrement=False, nullable=False),
            *columns,
            sa.ForeignKeyConstraint(
                ["file_id"],
                ["version_files.id"],
                name=f"fk_{name}_file_id_version_files",
                ondelete="CASCADE",
            ),
        )


def downgrade() -> None:
    op.drop_table("file_documents")
    op.drop_table("file_facts")
