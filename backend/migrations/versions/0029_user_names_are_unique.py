"""user names are unique, and since when everything of before is void

Two new columns. People whose names are taken for the same get their number behind it, all but the one who was
there first: `grace` stays, `Grace` becomes `Grace-7`. Who goes back keeps those names.

Revision ID: 0029
Revises: 0028
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
SHA256 = sa.String(64).with_variant(mysql.VARCHAR(64, charset="ascii", collation="ascii_bin"), "mysql")
KEY = "username_key"
AT_ONCE = 500
MAX_USERNAME_LENGTH = 150
SHOWS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

users = sa.table("users", sa.column("id"), sa.column("kind"), sa.column("username"), sa.column(KEY))


def key_of(name: str) -> str:
    """Return by what a name is unique, as the service does."""
    folded = name
    for _ in range(2):
        folded = SHOWS_NOTHING.sub("", unicodedata.normalize("NFKC", folded)).casefold()
    folded = " ".join(unicodedata.normalize("NFKC", folded).split())
    return hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column(KEY, SHA256, nullable=True))
        table.add_column(sa.Column("logins_ended_at", MOMENT, nullable=True))
    op.create_index(op.f("ix_users_username_key"), "users", [KEY], unique=True)
    connection = op.get_bind()
    for some in people(connection):
        keep_names(connection, some)
    for some in people(connection):  # who has no key by now has a name that somebody else keeps
        for user_id, name in some:
            rename(connection, user_id, name)


def people(connection: sa.Connection) -> Iterator[list[tuple[int, str]]]:
    """Yield people without a key by their numbers, some at a time; those who were deleted have no name."""
    after = 0
    while True:
        statement = (
            sa.select(users.c.id, users.c.username)
            .where(users.c.id > after, users.c.kind == "person")
            .where(users.c.username.is_not(None), users.c[KEY].is_(None))
            .order_by(users.c.id)
            .limit(AT_ONCE)
        )
        some = [(row.id, row.username) for row in connection.execute(statement)]
        if not some:
            return
        yield some
        after = some[-1][0]


def keep_names(connection: sa.Connection, some: list[tuple[int, str]]) -> None:
    """Give keys to those whose names nobody before them has."""
    first: dict[str, int] = {}
    for user_id, name in some:
        first.setdefault(key_of(name), user_id)
    taken = connection.execute(sa.select(users.c[KEY]).where(users.c[KEY].in_(list(first)))).scalars()
    for key in taken.all():
        del first[key]
    if first:
        write(connection, [{"user": user_id, "key": key} for key, user_id in first.items()])


def rename(connection: sa.Connection, user_id: int, name: str) -> None:
    """Put a number behind a name, and another one behind that while somebody is called so."""
    number = 1
    while True:
        suffix = f"-{user_id}" if number == 1 else f"-{user_id}-{number}"
        other = name[: MAX_USERNAME_LENGTH - len(suffix)] + suffix
        key = key_of(other)
        if connection.execute(sa.select(users.c.id).where(users.c[KEY] == key)).first() is None:
            write(connection, [{"user": user_id, "key": key, "name": other}])
            return
        number += 1


def write(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    """Write keys, and names if there are any."""
    values = {KEY: sa.bindparam("key")}
    if "name" in rows[0]:
        values["username"] = sa.bindparam("name")
    statement = sa.update(users).where(users.c.id == sa.bindparam("user")).values(values)
    connection.execute(statement, rows)


def downgrade() -> None:
    op.drop_index(op.f("ix_users_username_key"), "users")
    with op.batch_alter_table("users") as table:
        table.drop_column("logins_ended_at")
        table.drop_column(KEY)
