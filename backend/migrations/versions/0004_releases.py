"""releases: where a version's bytes come from, what went wrong, when it was activated; build logs

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "source",
                sa.String(length=4000).with_variant(
                    mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=4000), "mysql"
                ),
                nullable=True,
            )
        )
        batch_op.add_column(
            sa.Column(
                "error",
                sa.String(length=1000).with_variant(
                    mysql.VARCHAR(charset="utf8mb4", collation="utf8mb4_bin", length=1000), "mysql"
                ),
                nullable=True,
            )
        )
        batch_op.add_column(
            sa.Column(
                "downloaded_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column(
                "activated_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("activated_in", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_versions_status_id"), ["status", "id"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_versions_activated_in"), ["activated_in"])

    # Every version that has bytes got them by upload.
    op.execute(
        "UPDATE versions SET downloaded_at = COALESCE(deposited_at, created_at) WHERE artifact_id IS NOT NULL"
    )

    op.create_table(
        "release_logs",
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql"), nullable=False),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["versions.id"],
            name=op.f("fk_release_logs_version_id_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_release_logs")),
    )


def downgrade() -> None:
    op.drop_table("release_logs")
    with op.batch_alter_table("versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_versions_status_id"))
        batch_op.drop_constraint(batch_op.f("uq_versions_activated_in"), type_="unique")
        batch_op.drop_column("activated_in")
        batch_op.drop_column("activated_at")
        batch_op.drop_column("downloaded_at")
        batch_op.drop_column("error")
        batch_op.drop_column("source")
