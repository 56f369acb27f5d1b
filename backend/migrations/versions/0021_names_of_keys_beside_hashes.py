"""hashes of credentials say which key of the server they were made with

Three new columns, empty in what is there: a hash without a name was made with the secret itself, as all were
until now. Who goes back voids what was made or renewed in between: keys, cookies and refresh tokens.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("api_keys", "sessions", "refresh_tokens")
NAME = sa.String(16).with_variant(mysql.VARCHAR(16, charset="ascii", collation="ascii_bin"), "mysql")


def upgrade() -> None:
    for name in TABLES:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("hashed_with", NAME, nullable=True))


def downgrade() -> None:
    for name in TABLES:
        with op.batch_alter_table(name) as table:
            table.drop_column("hashed_with")
