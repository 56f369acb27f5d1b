"""audit keys of exchanged secrets are kept, sealed; recovery codes say with which key they were hashed

Codes that there are say nothing: with which key they were made is not known. Who goes back can verify what
former secrets have sealed only with those.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql"
    )


def upgrade() -> None:
    op.create_table(
        "former_audit_keys",
        sa.Column("sealed_with", ascii_name(16), nullable=False),
        sa.Column("purpose", ascii_name(32), nullable=False),
        sa.Column("name", ascii_name(32), nullable=False),
        sa.Column("sealed_key", ascii_name(400), nullable=False),
        sa.PrimaryKeyConstraint("sealed_with", "purpose", "name", name=op.f("pk_former_audit_keys")),
    )
    op.add_column("recovery_codes", sa.Column("hashed_with", ascii_name(16), nullable=True))


def downgrade() -> None:
    op.drop_column("recovery_codes", "hashed_with")
    op.drop_table("former_audit_keys")
