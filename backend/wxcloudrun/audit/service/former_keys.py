"""Keeping what the log is verified with when a secret of the server is exchanged.

The keys of the former secret are sealed under one of the new secret, and lie in the database; when that is
exchanged too, they are sealed again. What counts for the whole log, its head and its checkpoints, is sealed
anew: former keys alone, which somebody may have found in an old backup, shorten nothing and add nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.audit import queries
from wxcloudrun.audit.models import AuditCheckpoint, FormerAuditKey
from wxcloudrun.audit.rules import AuditKeys, FormerKey, of_checkpoint, read_former_key

type Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The keys that verify the past, and how many rows pretend to hold one."""

    keys: AuditKeys
    forged: int


def known_keys(session: Session, keys: AuditKeys) -> KnownKeys:
    """Return `keys` with all former ones that were kept under them."""
    found = unsealed(session, keys)
    true = [former for former in found.values() if former is not None]
    return KnownKeys(keys.knowing(true), len(found) - len(true))


def are_kept(session: Session, keys: AuditKeys) -> bool:
    """Tell whether the log can be verified without any secret but the newest."""
    return not missing(session, keys)


def keep(session: Session, keys: AuditKeys) -> bool:
    """Seal every former key that is known under the newest secret; False if all of them were kept already.

    Checkpoints get another seal with them. The head, which is locked, is for the caller.
    """
    lost = missing(session, keys)
    for former in lost:
        row = FormerAuditKey(
            sealed_with=keys.sealing.newest_name,
            purpose=former.purpose.value,
            name=former.key.name,
            sealed_key=keys.sealing.seal(former.written()),
        )
        session.merge(row)  # in the place of one that somebody has forged
    if lost:
        seal_checkpoints(session, keys)
    return bool(lost)


def missing(session: Session, keys: AuditKeys) -> list[FormerKey]:
    """Return the former keys that are known and not sealed under the newest secret."""
    if not (former := keys.former()):
        return []
    found = unsealed(session, keys)
    known = {(each.purpose, each.key.name): each for each in former}
    known |= {(each.purpose, each.key.name): each for each in found.values() if each is not None}
    newest = keys.sealing.newest_name
    return [
        each
        for (purpose, name), each in sorted(known.items())
        if not keys.has_newest(each.key) and found.get((newest, purpose.value, name)) is None
    ]


def unsealed(session: Session, keys: AuditKeys) -> Mapping[Place, FormerKey | None]:
    """Return the kept keys by where they lie; None for one that is forged, or was sealed for another row."""
    rows = queries.former_keys(session, keys.sealing.names)
    return {(row.sealed_with, row.purpose, row.name): opened(row, keys) for row in rows}


def opened(row: FormerAuditKey, keys: AuditKeys) -> FormerKey | None:
    """Return the key in a row, None if it is forged or belongs into another row."""
    text = keys.sealing.unseal(row.sealed_key)
    former = None if text is None else read_former_key(text)
    is_here = former is not None and (former.purpose, former.key.name) == (row.purpose, row.name)
    return former if is_here else None


def seal_checkpoints(session: Session, keys: AuditKeys) -> None:
    """Say again, under the newest key, what checkpoints say under former ones."""
    all_keys = known_keys(session, keys).keys
    found = queries.checkpoints(session)
    seals = {each.seal for each in found}
    for each in found:
        said = of_checkpoint(each.kind, position=each.position, mac=each.mac, at=each.at)
        seal = keys.sign(said)
        if all_keys.fits(said, each.seal) and seal not in seals:
            seals.add(seal)
            session.add(
                AuditCheckpoint(kind=each.kind, position=each.position, mac=each.mac, at=each.at, seal=seal)
            )
