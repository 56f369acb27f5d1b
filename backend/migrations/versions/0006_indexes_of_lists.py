"""indexes for the pages of a package's versions and for the search by name

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("versions") as batch:
        batch.create_index("ix_versions_package_id_id", ["package_id", "id"])
    with op.batch_alter_table("packages") as batch:
        batch.create_index("ix_packages_name", ["name"])


def downgrade() -> None:
    with op.batch_alter_table("packages") as batch:
        batch.drop_index("ix_packages_name")
    with op.batch_alter_table("versions") as batch:
        batch.drop_index("ix_versions_package_id_id")
