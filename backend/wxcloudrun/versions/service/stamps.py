"""What stands for the versions of a package is replaced by whatever changes what can be chosen there.

It is random and no counter: a database that was restored never says again what stood for other versions.
"""

import secrets
from typing import Any, cast

from sqlalchemy import CursorResult, Update, bindparam, update

from wxcloudrun.kit.db import Transaction, insertion, prepared
from wxcloudrun.kit.events import Event
from wxcloudrun.versions.models import STAMP_CHARACTERS, VersionStamp


def begin_stamps(tx: Transaction, event: Event) -> None:
    """Let a new package have its first stamp, so that those who change it at once do not race to make it."""
    if event.subject.package_id is not None:
        add_stamp(tx, event.subject.package_id)


def stamp_versions(tx: Transaction, event: Event) -> None:
    """Let nobody believe what was chosen among the versions of the package that something happens in."""
    if event.subject.package_id is not None:
        stamp(tx, event.subject.package_id)


def stamp(tx: Transaction, package_id: int) -> None:
    """Replace the stamp of a package, in the transaction that changes its versions."""
    values = {"stamped": package_id, "new": new_stamp()}
    if not cast("CursorResult[Any]", tx.session.execute(replacement(), values)).rowcount:
        add_stamp(tx, package_id)


def add_stamp(tx: Transaction, package_id: int) -> None:
    """Give a package that has none a stamp."""
    tx.session.execute(insertion(VersionStamp), {"package_id": package_id, "stamp": new_stamp()})


@prepared
def replacement() -> Update:
    """Replace the stamp of one package."""
    table = VersionStamp.__table__
    return (
        update(table)  # type: ignore[arg-type]  # a declarative table
        .where(table.c.package_id == bindparam("stamped"))
        .values(stamp=bindparam("new"))
    )


def new_stamp() -> str:
    """Return one that was never there."""
    return secrets.token_hex(STAMP_CHARACTERS // 2)
