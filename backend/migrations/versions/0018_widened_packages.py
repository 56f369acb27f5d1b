"""which files were all of their versions when their package came to take several

The column is added in place; no row is copied.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("packages", sa.Column("widened_at_file", ROW_ID, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("packages", "widened_at_file")
