"""Every SELECT on the audit log and its chain."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session

from wxcloudrun.audit.models import HEAD_ID, AuditCheckpoint, AuditEntry, AuditHead, AuditLink, FormerAuditKey
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.windows import windows


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry for an answer."""

    id: int
    at: datetime
    actor_id: int | None
    credential: str
    credential_id: str | None
    action: str
    object: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Which entries are wanted; None wants all. `object` stands for everything below it too."""

    actor: int | None = None
    action: str | None = None
    object: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page_of_entries(session: Session, filters: AuditFilters, page: PageRequest[int]) -> Page[EntryView]:
    """Return the entries that fit, newest first."""
    statement = select(AuditEntry).where(*conditions(filters)).order_by(AuditEntry.id.desc())
    if page.after is not None:
        statement = statement.where(AuditEntry.id < page.after)
    rows = session.execute(statement.limit(page.limit + 1)).scalars()
    return Page.cut([entry_view(row) for row in rows], page.limit, lambda each: each.id)


def conditions(filters: AuditFilters) -> list[ColumnElement[bool]]:
    """Return what entries have to fulfil."""
    wanted: list[ColumnElement[bool]] = []
    if filters.actor is not None:
        wanted.append(AuditEntry.actor_id == filters.actor)
    if filters.action is not None:
        wanted.append(AuditEntry.action == filters.action)
    if filters.object is not None:
        below = AuditEntry.object.startswith(f"{filters.object}/", autoescape=True)
        wanted.append(or_(AuditEntry.object == filters.object, below))
    if filters.since is not None:
        wanted.append(AuditEntry.at >= filters.since)
    if filters.until is not None:
        wanted.append(AuditEntry.at < filters.until)
    return wanted


def entry_view(row: AuditEntry) -> EntryView:
    """Shape an entry for an answer."""
    states = {name: parsed(getattr(row, name)) for name in ("before", "after")}
    return EntryView(**{**row.said, **states})


def parsed(state: str | None) -> dict[str, Any] | None:
    """Read a state; one that somebody has made unreadable is shown as it is."""
    if state is None:
        return None
    try:
        found = json.loads(state)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unreadable": state}


# --- The chain -------------------------------------------------------------------------------------


def lock_head(session: Session) -> AuditHead | None:
    """Return where the chain ends, locked: one process at a time makes it longer."""
    statement = select(AuditHead).where(AuditHead.id == HEAD_ID).with_for_update()
    return session.execute(statement).scalar_one_or_none()


def head(session: Session) -> AuditHead | None:
    """Return where the chain says that it ends."""
    return session.execute(select(AuditHead).where(AuditHead.id == HEAD_ID)).scalar_one_or_none()


def unlinked(session: Session, *, after_id: int, limit: int) -> Sequence[AuditEntry]:
    """Return committed entries that are not in the chain yet, in the order of their ids."""
    statement = (
        select(AuditEntry)
        .where(AuditEntry.id > after_id, ~exists().where(AuditLink.entry_id == AuditEntry.id))
        .order_by(AuditEntry.id)
        .limit(limit)
    )
    return session.execute(statement).scalars().all()


def unlinked_up_to(session: Session, last_id: int, *, limit: int) -> Sequence[int]:
    """Return the ids of entries that ought to be in the chain, up to `last_id`, and are not."""
    is_linked = exists().where(AuditLink.entry_id == AuditEntry.id)
    statement = select(AuditEntry.id).where(AuditEntry.id <= last_id, ~is_linked).order_by(AuditEntry.id)
    rows = (
        entry_id
        for window in windows(session, AuditEntry.id)
        for entry_id in session.execute(statement.where(window)).scalars()
    )
    return list(islice(rows, limit))


def last_id_before(session: Session, moment: datetime) -> int:
    """Return the id of the newest entry from before then, 0 if there is none."""
    statement = select(AuditEntry.id).where(AuditEntry.at < moment).order_by(AuditEntry.at.desc()).limit(1)
    return session.execute(statement).scalar_one_or_none() or 0


def links(
    session: Session, *, after_position: int, limit: int
) -> Sequence[tuple[AuditLink, AuditEntry | None]]:
    """Return links in their order, each with its entry if that is there."""
    rows = session.execute(
        select(AuditLink, AuditEntry)
        .outerjoin(AuditEntry, AuditEntry.id == AuditLink.entry_id)
        .where(AuditLink.position > after_position)
        .order_by(AuditLink.position)
        .limit(limit)
    )
    return [(link, entry) for link, entry in rows]


def macs(session: Session, positions: Sequence[int]) -> dict[int, str]:
    """Return the hashes of the links at these positions, of those that are there."""
    rows = session.execute(select(AuditLink.position, AuditLink.mac).where(AuditLink.position.in_(positions)))
    return {row.position: row.mac for row in rows}


def take_away(session: Session, position: int, *, limit: int) -> int:
    """Delete links up to a place, some of them, with their entries; return how many."""
    first = select(AuditLink.position, AuditLink.entry_id).where(AuditLink.position <= position)
    some = session.execute(first.order_by(AuditLink.position).limit(limit)).all()
    session.execute(
        delete(AuditEntry).where(AuditEntry.id.in_([row.entry_id for row in some])),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        delete(AuditLink).where(AuditLink.position.in_([row.position for row in some])),
        execution_options={"synchronize_session": False},
    )
    return len(some)


def last_link(session: Session) -> AuditLink | None:
    """Return the last link that there is."""
    return session.execute(
        select(AuditLink).order_by(AuditLink.position.desc()).limit(1)
    ).scalar_one_or_none()


def checkpoints(session: Session) -> Sequence[AuditCheckpoint]:
    """Return the places that were sealed for themselves, oldest first."""
    return session.execute(select(AuditCheckpoint).order_by(AuditCheckpoint.id)).scalars().all()


def former_keys(session: Session, sealed_with: Sequence[str]) -> Sequence[FormerAuditKey]:
    """Return the keys of exchanged secrets that were sealed under keys of these names."""
    statement = select(FormerAuditKey).where(FormerAuditKey.sealed_with.in_(sealed_with))
    return session.execute(statement).scalars().all()


def holds_mac(session: Session, mac: str) -> bool:
    """Tell whether a link with that hash is in the chain."""
    return any(
        session.execute(select(exists().where(AuditLink.mac == mac, window))).scalar_one()
        for window in windows(session, AuditLink.position)
    )
