"""the audit log and its chain, rate counters, WeChat identities, known addresses

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql"), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "credential",
            sa.String(length=16).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=16), "mysql"
            ),
            nullable=False,
        ),
        sa.Column(
            "credential_id",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=True,
        ),
        sa.Column(
            "action",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=False,
        ),
        sa.Column(
            "object",
            sa.String(length=512).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=512), "mysql"
            ),
            nullable=False,
        ),
        sa.Column(
            "before",
            sa.String(length=4000).with_variant(
                mysql.VARCHAR(charset="utf8mb4", collation="utf8mb4_bin", length=4000), "mysql"
            ),
            nullable=True,
        ),
        sa.Column(
            "after",
            sa.String(length=4000).with_variant(
                mysql.VARCHAR(charset="utf8mb4", collation="utf8mb4_bin", length=4000), "mysql"
            ),
            nullable=True,
        ),
        sa.Column(
            "address",
            sa.String(length=45).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=45), "mysql"
            ),
            nullable=True,
        ),
        sa.Column(
            "request_id",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_action_id"), ["action", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_actor_id_id"), ["actor_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entries_object_id"), ["object", "id"], unique=False)

    op.create_table(
        "audit_heads",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "mac",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=False,
        ),
        sa.Column("settled_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "seal",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_links",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "digest",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=False,
        ),
        sa.Column(
            "mac",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_links_entry_id")),
    )
    op.create_table(
        "rate_counters",
        sa.Column(
            "key",
            sa.String(length=80).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=80), "mysql"
            ),
            nullable=False,
        ),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_counters")),
    )
    with op.batch_alter_table("rate_counters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rate_counters_ends_at"), ["ends_at"], unique=False)

    op.create_table(
        "known_addresses",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "network",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=False,
        ),
        sa.Column("last_seen_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_known_addresses_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "network", name=op.f("pk_known_addresses")),
    )
    with op.batch_alter_table("known_addresses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_known_addresses_last_seen_at"), ["last_seen_at"], unique=False)

    op.create_table(
        "wechat_identities",
        sa.Column(
            "openid",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "unionid",
            sa.String(length=64).with_variant(
                mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=64), "mysql"
            ),
            nullable=True,
        ),
        sa.Column("bound_at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_wechat_identities_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("openid", name=op.f("pk_wechat_identities")),
        sa.UniqueConstraint("user_id", name=op.f("uq_wechat_identities_user_id")),
    )


def downgrade() -> None:
    op.drop_table("wechat_identities")
    op.drop_table("known_addresses")
    op.drop_table("rate_counters")
    op.drop_table("audit_links")
    op.drop_table("audit_heads")
    op.drop_table("audit_entries")
