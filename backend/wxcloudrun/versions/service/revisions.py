"""The revision of a package goes up by one in each transaction that changes what a protocol shows of it.

Pages that clients keep are revalidated against it, so whoever forgets to raise it lets them see what was.
"""

from typing import Any

from sqlalchemy import Update, bindparam, update

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, insertion, prepared
from wxcloudrun.kit.events import Event
from wxcloudrun.versions.models import PackageRevision
from wxcloudrun.versions.service.stamps import new_stamp

PARTS_TO_PACKAGE = 4  # project/NAME/package/NAME


def begin_revisions(tx: Transaction, event: Event) -> None:
    """Give a new package of a format with a protocol its first revision."""
    if is_shown(event) and tx.is_first(("revision", event.subject.package_id)):
        values = {
            "package_id": event.subject.package_id,
            "revision": 1,
            "mark": new_stamp(),
            "changed_at": clock.now(),
        }
        tx.session.execute(insertion(PackageRevision), values)


def raise_revision(tx: Transaction, event: Event) -> None:
    """Let nobody take for current what they were shown of the package before; once in a transaction."""
    if is_shown(event) and event.subject.package_id is not None:
        raise_revision_of(tx, event.subject.package_id)


def raise_revision_of(tx: Transaction, package_id: int) -> None:
    """Raise the revision of a package that has one, unless this transaction has done so."""
    if tx.is_first(("revision", package_id)):
        tx.session.execute(raised(), {"raised": package_id, "new": new_stamp(), "at": clock.now()})


def is_shown(event: Event) -> bool:
    """Tell whether something happens in a package that a protocol shows; a generic one is none.

    For those there is no row, and on MySQL a change that finds none would lock the room around it.
    """
    parts = event.subject.path.split("/", PARTS_TO_PACKAGE)
    return event.subject.package_id is not None and len(parts) >= PARTS_TO_PACKAGE and ":" in parts[3]


@prepared
def raised() -> Update:
    """Raise the revision of one package."""
    table: Any = PackageRevision.__table__
    return (
        update(table)
        .where(table.c.package_id == bindparam("raised"))
        .values(revision=table.c.revision + 1, mark=bindparam("new"), changed_at=bindparam("at"))
    )
