"""Looking at a whole table, or changing it, in statements each of which takes a part of it.

A database gives a statement seconds, and a table may have more rows than it reads in that time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session

ROWS = 10_000
ROWS_CHANGED = 1000
FIRST_IDS = 500


def windows(
    session: Session, key: ColumnElement[Any] | InstrumentedAttribute[Any], *, after: Any = None
) -> Iterator[ColumnElement[bool]]:
    """Yield conditions on a unique column that hold for some rows each, and for every row one of them.

    They follow the order of the column and begin behind `after`.
    """
    while True:
        rest = true() if after is None else key > after
        last = session.execute(select(key).where(rest).order_by(key).offset(ROWS - 1).limit(1)).scalar()
        if last is None:
            yield rest
            return
        yield and_(rest, key <= last)
        after = last


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of rows, one of which each row belongs to; an index of the table has them with the ids."""

    of_row: InstrumentedAttribute[int]
    visible: Select[int]  # ids of those whose rows may be in the list


def newest_first(
    session: Session,
    key: InstrumentedAttribute[int],
    statement: Select[*tuple[Any, ...]],
    *,
    groups: Groups,
    before: int | None,
    limit: int,
) -> list[Any]:
    """Return the first rows of a statement in the order of falling ids, `before` that id.

    What lies between them and is not in the list costs time too. Where that is very much, one statement
    would look at all of it, and some databases at the rest of the table as well; so it is looked at in
    parts, small ones first. After a part with nothing in it, the groups tell where the next row can be:
    that costs a look into an index for each of them, however many rows lie between.
    """
    found: list[Any] = []
    ids, high = FIRST_IDS, highest(session, key, before)
    while len(found) < limit and high is not None:
        part = statement.where(key <= high, key > high - ids).order_by(key.desc())
        some = session.execute(part.limit(limit - len(found))).all()
        found += some
        reach, ids = high - ids + 1, min(ids * 8, 5 * ROWS)
        if reach <= 1:
            break
        high = highest(session, key, reach) if some else highest_in(session, key, reach, groups)
    return found


def highest(session: Session, key: InstrumentedAttribute[int], before: int | None) -> int | None:
    """Return the highest id that there is, before that one."""
    condition = true() if before is None else key < before
    return session.execute(select(func.max(key)).where(condition)).scalar_one()


def highest_in(session: Session, key: InstrumentedAttribute[int], before: int, groups: Groups) -> int | None:
    """Return the highest id in the visible groups, before that one."""
    visible = groups.visible.subquery()
    newest = select(key).where(groups.of_row == visible.c[0], key < before).order_by(key.desc()).limit(1)
    statement: Select[int] = select(func.max(newest.scalar_subquery())).select_from(visible)
    return session.execute(statement).scalar_one_or_none()


def change_all(
    session: Session, key: InstrumentedAttribute[Any], condition: ColumnElement[bool], values: dict[str, Any]
) -> int:
    """Change all rows for which a condition holds until they are changed, some with each statement.

    Returns how many that were.
    """
    table, changed = key.class_, 0
    while some := session.execute(select(key).where(condition).limit(ROWS_CHANGED)).scalars().all():
        session.execute(
            update(table).where(key.in_(some)).values(values),
            execution_options={"synchronize_session": False},
        )
        changed += len(some)
    return changed
