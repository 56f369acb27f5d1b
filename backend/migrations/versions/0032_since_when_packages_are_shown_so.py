"""the revision of a package says since when it is that one, for protocols that show it

A column that is empty until the package changes the next time. Who goes back loses nothing that anybody has
written.

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")


def upgrade() -> None:
    op.add_column("package_revisions", sa.Column("changed_at", MOMENT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("package_revisions") as table:
        table.drop_column("changed_at")
