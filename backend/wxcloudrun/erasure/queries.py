"""Every statement of erasing. None of them touches more rows than it is told.

What hangs on a row is read off the schema: the tables with a cascading foreign key to its table. The
database would delete them by itself, in one statement whose cost has no bound; here they go first, and
the cascade is left with what was inserted in the last moment.

What leaves something behind goes before the rest, and where an index allows it the newest goes first:
lists that begin with the newest pass over less and less of what is hidden.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, CursorResult, Table, delete, select, tuple_
from sqlalchemy.orm import Session

from wxcloudrun.kit.db import Base

type Keys = Sequence[Any]
"""Values of primary keys; tuples where a key has several columns."""

type Before = Mapping[str, Callable[[Session, Keys], None]]
"""What is done with some rows of a table before they are deleted, and before what hangs on them is.

It is done more than once for rows that do not go in one step.
"""


@cache
def hanging_on(table: Table) -> Sequence[tuple[Table, Column[Any]]]:
    """Return the tables whose rows go with those of `table`, each with the column that says with which."""
    return [
        (each, key.parent)
        for each in Base.metadata.sorted_tables
        for key in each.foreign_keys
        if key.column.table is table and key.ondelete == "CASCADE"
    ]


def erase(session: Session, table: Table, keys: Keys, limit: int, before: Before) -> int:
    """Delete these rows with all that hangs on them, `limit` rows at most; return how many went.

    Fewer than `limit` means that everything has gone.
    """
    if table.name in before:
        before[table.name](session, keys)  # which reads what hangs on them
    gone = erase_hanging(session, table, keys, limit, before)
    some = keys[: limit - gone]
    if not some:
        return gone
    deleted = session.execute(delete(table).where(key_of(table).in_(some)))
    return gone + max(cast("CursorResult[Any]", deleted).rowcount, 0)


def erase_hanging(session: Session, table: Table, keys: Keys, limit: int, before: Before) -> int:
    """Delete what hangs on these rows, `limit` rows at most; return how many went."""
    gone = 0
    for each, column in sorted(hanging_on(table), key=lambda pair: pair[0].name not in before):
        newest_first = len(keys) == 1 and keeps_order(each, column)
        while gone < limit:
            some = first_keys(session, each, column.in_(keys), limit - gone, newest_first=newest_first)
            if not some:
                break
            gone += erase(session, each, some, limit - gone, before)
    return gone


def erase_where(session: Session, model: type[Base], condition: ColumnElement[bool], limit: int) -> int:
    """Delete rows for which a condition holds, with all that hangs on them, `limit` rows at most."""
    table = cast("Table", model.__table__)
    return erase(session, table, first_keys(session, table, condition, limit), limit, {})


@cache
def keeps_order(table: Table, column: Column[Any]) -> bool:
    """Tell whether the rows that hang on one row lie in an index in the order of their ids.

    In an index of nothing but that column they do, on both databases.
    """
    columns = list(table.primary_key)
    wanted = {(column,), (column, *columns)}
    return len(columns) == 1 and any(tuple(index.columns)[:2] in wanted for index in table.indexes)


def first_keys(
    session: Session, table: Table, condition: ColumnElement[bool], limit: int, *, newest_first: bool = False
) -> Keys:
    """Return the keys of some rows for which a condition holds."""
    columns = list(table.primary_key)
    statement = select(*columns).where(condition).limit(limit)
    rows = session.execute(statement.order_by(columns[0].desc()) if newest_first else statement)
    return rows.scalars().all() if len(columns) == 1 else [tuple(row) for row in rows]


def key_of(table: Table) -> Any:
    """Return the primary key of a table, as what a list of keys is compared with."""
    columns = list(table.primary_key)
    return columns[0] if len(columns) == 1 else tuple_(*columns)
