"""An entry is one change; a link ties an entry to all before it; the head says where the chain ends.

Entries, links and checkpoints are written once: nothing in this code changes them, pruning alone deletes
them, and the guard below makes sure of it. The seals and the chain show what somebody with access to the
database has done nevertheless.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, event
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.audit.rules import MAX_STATE_LENGTH, NONCE_LENGTH, Head
from wxcloudrun.kit.columns import KeyName, RowId, Sha256, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base

MAX_OBJECT_LENGTH = 512
Seal = ascii_name(NONCE_LENGTH + 64)
HEAD_ID = 1


class AuditEntry(Base):
    """One change, or one summary of refused logins.

    It points at nothing by foreign key: it has to outlive the users and things that it speaks of.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "actor_id", "id"),
        Index(None, "action", "id"),
        Index(None, "object", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(RowId)
    credential: Mapped[str] = mapped_column(ascii_name(16))
    credential_id: Mapped[str | None] = mapped_column(ascii_name(64))
    action: Mapped[str] = mapped_column(ascii_name(64))
    object: Mapped[str] = mapped_column(ascii_name(MAX_OBJECT_LENGTH))
    before: Mapped[str | None] = mapped_column(unicode_name(MAX_STATE_LENGTH))  # JSON
    after: Mapped[str | None] = mapped_column(unicode_name(MAX_STATE_LENGTH))  # JSON
    address: Mapped[str | None] = mapped_column(ascii_name(45))
    request_id: Mapped[str | None] = mapped_column(ascii_name(64))
    seal: Mapped[str | None] = mapped_column(Seal)  # None: from before there were any

    @property
    def said(self) -> dict[str, Any]:
        """Everything that the entry says, by column."""
        return {
            column.key: getattr(self, column.key) for column in self.__table__.columns if column.key != "seal"
        }


class AuditLink(Base):
    """The place of one entry in the chain; positions have no gaps."""

    __tablename__ = "audit_links"

    position: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(RowId, unique=True)
    digest: Mapped[str] = mapped_column(Sha256)  # keyed hash of the entry alone: tells who was edited
    mac: Mapped[str] = mapped_column(Sha256)  # keyed hash of this link and the one before it


class AuditHead(Base):
    """The last link, sealed: cutting off the end of the chain does not go unnoticed either."""

    __tablename__ = "audit_heads"

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(RowId)
    mac: Mapped[str] = mapped_column(Sha256)
    settled_id: Mapped[int] = mapped_column(RowId)
    counter: Mapped[int] = mapped_column(RowId, server_default="0")
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seal: Mapped[str] = mapped_column(Sha256)

    @property
    def head(self) -> Head:
        """What the row says."""
        return Head(self.counter, self.position, self.mac, self.settled_id, self.at)


class AuditCheckpoint(Base):
    """A place in the chain that was sealed for itself.

    Behind it every entry is sealed when it is written (`begun`), or up to it they were exported and then
    taken away (`pruned`).
    """

    __tablename__ = "audit_checkpoints"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(ascii_name(16))
    position: Mapped[int] = mapped_column(RowId)
    mac: Mapped[str] = mapped_column(Sha256)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    seal: Mapped[str] = mapped_column(Sha256)


class FormerAuditKey(Base):
    """A key of an exchanged secret, sealed under one of a later secret: what it made can still be verified.

    Who has the database and no secret can neither read one nor add one.
    """

    __tablename__ = "former_audit_keys"

    sealed_with: Mapped[str] = mapped_column(KeyName, primary_key=True)
    purpose: Mapped[str] = mapped_column(ascii_name(32), primary_key=True)
    name: Mapped[str] = mapped_column(ascii_name(32), primary_key=True)
    sealed_key: Mapped[str] = mapped_column(ascii_name(400))


def refuse(_mapper: Any, _connection: Any, row: Base) -> None:
    """Raise for every attempt of our own code to rewrite history."""
    raise AssertionError(f"{type(row).__name__} rows are written once")


for written_once in (AuditEntry, AuditLink, AuditCheckpoint):
    event.listen(written_once, "before_update", refuse)
    event.listen(written_once, "before_delete", refuse)
