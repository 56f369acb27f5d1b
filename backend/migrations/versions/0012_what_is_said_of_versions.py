"""versions can be yanked and deprecated, and have notes and properties

Nothing is copied: the columns are added at the end, and the index that covers choices is made anew with
one of them in it while the table is read and written. Who goes back loses what was said, so that yanked
versions are chosen again.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BEFORE = "ix_versions_package_id_id_artifact_id_created_at"
AFTER = "ix_versions_package_id_id_artifact_id_created_at_yanked_at"
COVERED = ["package_id", "id", "artifact_id", "created_at"]
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
LONG_BYTES = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")


def words(length: int) -> sa.types.TypeEngine[str]:
    """Any text, compared byte by byte."""
    variant = mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin")
    return sa.String(length).with_variant(variant, "mysql")


def upgrade() -> None:
    op.add_column("versions", sa.Column("yanked_at", MOMENT, nullable=True))
    op.add_column("versions", sa.Column("yanked_reason", words(500), nullable=True))
    op.add_column("versions", sa.Column("deprecated", words(1000), nullable=True))
    op.create_index(AFTER, "versions", [*COVERED, "yanked_at"])
    op.drop_index(BEFORE, "versions")
    op.create_table(
        "version_notes",
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("properties", LONG_BYTES, nullable=True),
        sa.Column("notes", LONG_BYTES, nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"],
            name=op.f("fk_version_notes_version_id_versions"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_version_notes")),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("version_notes")
    op.create_index(BEFORE, "versions", COVERED)
    op.drop_index(AFTER, "versions")
    op.drop_column("versions", "deprecated")
    op.drop_column("versions", "yanked_reason")
    op.drop_column("versions", "yanked_at")
