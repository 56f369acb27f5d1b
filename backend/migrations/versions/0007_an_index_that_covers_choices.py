"""the index of a package's versions holds what a choice among them is confirmed by

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NARROW = "ix_versions_package_id_id"
WIDE = "ix_versions_package_id_id_artifact_id_created_at"


def upgrade() -> None:
    with op.batch_alter_table("versions") as batch:
        batch.create_index(WIDE, ["package_id", "id", "artifact_id", "created_at"])
        batch.drop_index(NARROW)


def downgrade() -> None:
    with op.batch_alter_table("versions") as batch:
        batch.create_index(NARROW, ["package_id", "id"])
        batch.drop_index(WIDE)
