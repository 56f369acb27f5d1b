"""names of packages outlive them, and with them what their versions were called; what is deleted is hidden

A package that was deleted has no project any more, a project and a user say when they were. Retired
versions hang on the name of their package, not on the package.

Going back, what waits to be erased is erased, and what is remembered about packages that are gone is
forgotten: the older schema has no place for it.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
USERNAME = sa.String(length=150).with_variant(
    mysql.VARCHAR(charset="utf8mb4", collation="utf8mb4_bin", length=150), "mysql"
)

packages = sa.table("packages", *(sa.column(name) for name in ("id", "project_id", "name_id", "name")))
projects = sa.table("projects", *(sa.column(name) for name in ("id", "name")))
names = sa.table("package_names", *(sa.column(name) for name in ("id", "project", "package")))
versions = sa.table("versions", *(sa.column(name) for name in ("package_id", "version")))


def upgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("deleted_at", MOMENT, nullable=True))
        batch.alter_column("username", existing_type=USERNAME, nullable=True)
    op.add_column("projects", sa.Column("deleted_at", MOMENT, nullable=True))
    op.create_index("ix_memberships_user_id_project_id", "memberships", ["user_id", "project_id"])
    op.drop_index("ix_memberships_user_id", table_name="memberships")
    name_packages()
    retired = retired_table("name_id", "package_names", also="package_id")
    old = sa.table("retired_versions", *columns("package_id"))
    known = sa.select(packages.c.name_id, *old.c["version", "digest", "retired_at"], old.c.package_id)
    fill(retired, known.select_from(old.join(packages, packages.c.id == old.c.package_id)))


def downgrade() -> None:
    erase_what_is_hidden()
    retired = retired_table("package_id", "packages", ondelete="CASCADE")
    old = sa.table("retired_versions", *columns("name_id"))
    there = sa.exists().where(
        versions.c.package_id == packages.c.id, versions.c.version == old.c.version
    )  # what has its name back was not remembered beside it
    known = sa.select(packages.c.id, *old.c["version", "digest", "retired_at"])
    fill(retired, known.select_from(old.join(packages, packages.c.name_id == old.c.name_id)).where(~there))
    with op.batch_alter_table("packages") as batch:
        batch.drop_constraint("fk_packages_name_id_package_names", type_="foreignkey")
        batch.drop_index("ix_packages_name_id")
        batch.drop_index("ix_packages_project_id")
        batch.drop_column("name_id")
        batch.alter_column("project_id", existing_type=ROW_ID, nullable=False)
    op.drop_table("package_names")
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])
    op.drop_index("ix_memberships_user_id_project_id", table_name="memberships")
    op.drop_column("projects", "deleted_at")
    with op.batch_alter_table("users") as batch:
        batch.alter_column("username", existing_type=USERNAME, nullable=False)
        batch.drop_column("deleted_at")


def ascii_name(length: int) -> sa.types.TypeEngine[str]:
    """Text of ASCII that compares byte by byte."""
    return sa.String(length=length).with_variant(
        mysql.VARCHAR(charset="ascii", collation="ascii_bin", length=length), "mysql"
    )


def name_packages() -> None:
    """Remember the names of the packages that there are."""
    op.create_table(
        "package_names",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("project", ascii_name(128), nullable=False),
        sa.Column("package", ascii_name(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_package_names"),
        sa.UniqueConstraint("project", "package", name="uq_package_names_project_package"),
        sqlite_autoincrement=True,
    )
    there = sa.select(projects.c.name, packages.c.name).join_from(
        packages, projects, projects.c.id == packages.c.project_id
    )
    op.execute(sa.insert(names).from_select(["project", "package"], there.order_by(packages.c.id)))
    op.add_column("packages", sa.Column("name_id", ROW_ID, nullable=True))
    own = sa.select(names.c.id).where(
        names.c.package == packages.c.name,
        names.c.project == projects.c.name,
        projects.c.id == packages.c.project_id,
    )
    op.execute(sa.update(packages).values(name_id=own.scalar_subquery()))
    with op.batch_alter_table("packages") as batch:
        batch.alter_column("name_id", existing_type=ROW_ID, nullable=False)
        batch.alter_column("project_id", existing_type=ROW_ID, nullable=True)
        batch.create_index("ix_packages_name_id", ["name_id"])
        batch.create_index("ix_packages_project_id", ["project_id"])
        batch.create_foreign_key("fk_packages_name_id_package_names", "package_names", ["name_id"], ["id"])


def columns(owner: str) -> list[sa.ColumnClause]:
    """Return the columns of retired versions that hang on that."""
    return [sa.column(name) for name in (owner, "version", "digest", "retired_at")]


def retired_table(
    owner: str, target: str, *, ondelete: str | None = None, also: str | None = None
) -> sa.TableClause:
    """Make another table of retired versions beside the one that is there."""
    key = f"fk_retired_versions_{owner}_{target}"
    more = [sa.Column(also, ROW_ID, nullable=False)] if also else []
    op.create_table(
        "retired_copy",
        sa.Column(owner, ROW_ID, nullable=False),
        sa.Column("version", ascii_name(128), nullable=False),
        *more,
        sa.Column("digest", ascii_name(64), nullable=False),
        sa.Column("retired_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint([owner], [f"{target}.id"], name=key, ondelete=ondelete),
        sa.PrimaryKeyConstraint(owner, "version", name="pk_retired_versions"),
    )
    return sa.table("retired_copy", *columns(owner), *(sa.column(name) for name in (also,) if name))


def fill(retired: sa.TableClause, rows: sa.Select) -> None:
    """Put these rows into the new table, and the new table into the place of the old one."""
    op.execute(sa.insert(retired).from_select(list(retired.c), rows))
    op.drop_table("retired_versions")
    op.rename_table("retired_copy", "retired_versions")


def erase_what_is_hidden() -> None:
    """Erase the packages, projects and users that were deleted and are still on their way out."""
    schema = sa.MetaData()
    schema.reflect(op.get_bind())
    tables = schema.tables
    erase(tables["packages"], tables["packages"].c.project_id.is_(None))
    for name in ("projects", "users"):
        erase(tables[name], tables[name].c.deleted_at.is_not(None))


def erase(table: sa.Table, condition: sa.ColumnElement[bool]) -> None:
    """Delete rows with all that hangs on them: SQLite does not do that by itself while it migrates."""
    for child in table.metadata.sorted_tables:
        for key in child.foreign_keys:
            if key.column.table is not table:
                continue
            theirs = key.parent.in_(sa.select(key.column).where(condition))
            if (key.ondelete or "").upper() == "CASCADE":
                erase(child, theirs)
            elif key.parent.nullable:
                op.execute(sa.update(child).where(theirs).values({key.parent.name: None}))
    op.execute(sa.delete(table).where(condition))
