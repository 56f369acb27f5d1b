"""a package shows MD5 and SHA-1 only once they were computed for whoever put the bytes in

A new table, empty: what is shown today stays shown. Who goes back loses that some packages wait for a job.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BY_MARK = "ix_untold_digests_mark"


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def upgrade() -> None:
    op.create_table(
        "untold_digests",
        sa.Column("artifact_id", ascii_name(64), nullable=False),
        sa.Column("package_id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("mark", ascii_name(32), nullable=False),
        sa.Column("md5", ascii_name(32), nullable=True),
        sa.Column("sha1", ascii_name(40), nullable=True),
        sa.PrimaryKeyConstraint("artifact_id", "package_id", name=op.f("pk_untold_digests")),
    )
    op.create_index(op.f(BY_MARK), "untold_digests", ["mark"])


def downgrade() -> None:
    op.drop_index(op.f(BY_MARK), "untold_digests")
    op.drop_table("untold_digests")
