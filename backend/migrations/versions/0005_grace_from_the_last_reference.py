"""since when nothing refers to an artifact

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Empty for what is there: its grace time begins with the next collection.
    since = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
    op.add_column("artifacts", sa.Column("unreferenced_since", since, nullable=True))


def downgrade() -> None:
    op.drop_column("artifacts", "unreferenced_since")
