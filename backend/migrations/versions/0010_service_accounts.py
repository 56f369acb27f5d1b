"""service accounts, which are users but no people; keys say who made them

Every user there is a person who has made their own keys. A user name that begins as only those of service
accounts do from now on gets an underscore before it.

Going back, service accounts become deleted users: their keys and roles go, what they made stays. The older
code would take them for people.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONGEST_NAME = 150  # of a person

users = sa.table(
    "users",
    *(sa.column(name) for name in ("id", "kind", "username", "is_active", "deleted_at", "created_at")),
)
keys = sa.table("api_keys", *(sa.column(name) for name in ("user_id", "created_by")))
memberships = sa.table("memberships", sa.column("user_id"))


def upgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("kind", ascii_name(8), nullable=False, server_default="person"))
        batch.alter_column(
            "username", existing_type=shown_name(LONGEST_NAME), type_=shown_name(200), existing_nullable=True
        )
    op.execute(
        sa.update(users)
        .where(sa.func.lower(users.c.username).startswith("service:"))
        .values(username=sa.literal("_").concat(sa.func.substr(users.c.username, 1, LONGEST_NAME - 1)))
    )
    op.create_table(
        "service_accounts",
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("project_id", ROW_ID, nullable=True),
        sa.Column("namespace_id", ROW_ID, nullable=False),
        sa.Column("name", ascii_name(63), nullable=False),
        sa.Column("created_by", ROW_ID, nullable=True),
        foreign_key("service_accounts", "user_id", "users", "CASCADE"),
        foreign_key("service_accounts", "project_id", "projects", "CASCADE"),
        foreign_key("service_accounts", "created_by", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("user_id", name="pk_service_accounts"),
        sa.UniqueConstraint("namespace_id", "name", name="uq_service_accounts_namespace_id_name"),
    )
    op.create_index("ix_service_accounts_project_id", "service_accounts", ["project_id"])
    op.add_column("api_keys", sa.Column("created_by", ROW_ID, nullable=True))
    op.execute(sa.update(keys).values(created_by=keys.c.user_id))
    with op.batch_alter_table("api_keys") as batch:
        batch.create_foreign_key(
            "fk_api_keys_created_by_users", "users", ["created_by"], ["id"], ondelete="SET NULL"
        )


def downgrade() -> None:
    services = sa.select(users.c.id).where(users.c.kind == "service")
    for table in (keys, memberships):
        op.execute(sa.delete(table).where(table.c.user_id.in_(services)))
    op.execute(
        sa.update(users)
        .where(users.c.kind == "service")
        .values(username=None, is_active=False, deleted_at=users.c.created_at)
    )
    with op.batch_alter_table("api_keys") as batch:
        batch.drop_constraint("fk_api_keys_created_by_users", type_="foreignkey")
    with op.batch_alter_table("api_keys") as batch:
        batch.drop_column("created_by")
    op.drop_table("service_accounts")
    with op.batch_alter_table("users") as batch:
        batch.alter_column(
            "username", existing_type=shown_name(200), type_=shown_name(LONGEST_NAME), existing_nullable=True
        )
        batch.drop_column("kind")


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length=length).with_variant(
        mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=length), "mysql"
    )


def shown_name(length: int) -> sa.types.TypeEngine[str]:
    """Any text that compares byte by byte."""
    return sa.String(length=length).with_variant(
        mysql.VARCHAR(charset="utf8mb4", collation="utf8mb4_bin", length=length), "mysql"
    )


def foreign_key(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    """Return a foreign key with the name that the convention gives it."""
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}", ondelete=ondelete
    )
