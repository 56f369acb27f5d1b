"""keys remember the key that they were made with, and the one that replaced itself by them

Two new columns, empty in what is there: keys of before stand on nothing, have the scopes that they had, and
end when they were to end. Keys with scopes that are new lose those when one goes back, for the older code
would not know them; the ones that have no other scope are revoked. What a key was made with is forgotten.

Revision ID: 0024
Revises: 0023
"""

import datetime

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "api_keys"
COLUMNS = ("parent_id", "replaces_id")
OLD_SCOPES = ("read", "write", "admin")

keys = sa.table(TABLE, sa.column("scopes"), sa.column("revoked_at", sa.DateTime()))


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        for name in COLUMNS:
            table.add_column(sa.Column(name, ROW_ID, nullable=True))
    with op.batch_alter_table(TABLE) as table:
        for name in COLUMNS:
            table.create_foreign_key(constraint(name), TABLE, [name], ["id"], ondelete="SET NULL")
            table.create_index(op.f(f"ix_{TABLE}_{name}"), [name])


def downgrade() -> None:
    forget_new_scopes()
    with op.batch_alter_table(TABLE) as table:
        for name in COLUMNS:
            table.drop_constraint(constraint(name), type_="foreignkey")
    with op.batch_alter_table(TABLE) as table:
        for name in COLUMNS:
            table.drop_index(op.f(f"ix_{TABLE}_{name}"))
            table.drop_column(name)


def constraint(column: str) -> str:
    """Return the name that the convention gives a foreign key of the table to itself."""
    return f"fk_{TABLE}_{column}_{TABLE}"


def forget_new_scopes() -> None:
    """Leave each key the scopes that the older code knows; revoke it if that leaves none."""
    connection = op.get_bind()
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    for written in connection.execute(sa.select(keys.c.scopes).distinct()).scalars().all():
        known = " ".join(name for name in written.split() if name in OLD_SCOPES)
        if known == written:
            continue
        changed = {"scopes": known} if known else {"scopes": "read", "revoked_at": now}
        connection.execute(sa.update(keys).where(keys.c.scopes == written).values(changed))
