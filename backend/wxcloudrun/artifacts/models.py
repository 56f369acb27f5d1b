"""The vocabulary of stored bytes.

artifact          bytes, known by their SHA-256; the row says under which opaque key they lie
lease             a key that an upload is writing to: the sweeper keeps off until it expires
pending deletion  an object that a row once named; it goes when no link to it can be valid any more
untold digests    MD5 and SHA-1 that a package does not show yet: whoever sent the bytes did not know them
reference         a row with a foreign key to an artifact: what keeps it alive
provenance        how bytes came into a package; stands on each reference (`deposited_at`, `deposited_by`)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from wxcloudrun.kit.columns import Bytes, FileNameText, RowId, Sha256, UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base

ObjectKey = ascii_name(32)


class Artifact(Base):
    """Bytes that the service holds. The primary key decides who was first."""

    __tablename__ = "artifacts"

    id: Mapped[str] = mapped_column(Sha256, primary_key=True)
    size_bytes: Mapped[int] = mapped_column(Bytes)
    md5: Mapped[str | None] = mapped_column(ascii_name(32))
    sha1: Mapped[str | None] = mapped_column(ascii_name(40))
    object_key: Mapped[str] = mapped_column(ObjectKey, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # When the collector first saw it without references; whoever refers to it again clears the mark.
    unreferenced_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class HeldArtifact:
    """What the row of an artifact says that is read to be referred to; a statement changes it."""

    id: str
    size_bytes: int
    md5: str | None
    sha1: str | None
    object_key: str
    unreferenced_since: datetime | None = None


class Lease(Base):
    """An object that is being written; committed before its first byte."""

    __tablename__ = "leases"

    object_key: Mapped[str] = mapped_column(ObjectKey, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PendingDeletion(Base):
    """An object that no row names any more."""

    __tablename__ = "pending_deletions"

    object_key: Mapped[str] = mapped_column(ObjectKey, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class UntoldDigests(Base):
    """What a package shows of MD5 and SHA-1 until a job has computed them for it, whoever else knows them.

    Without this row, digests that are there at once would tell that somebody had the same bytes before.
    The job that has `mark` among its arguments deletes the row. It keeps nothing alive.
    """

    __tablename__ = "untold_digests"

    artifact_id: Mapped[str] = mapped_column(Sha256, primary_key=True)
    package_id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=False)
    mark: Mapped[str] = mapped_column(ObjectKey, index=True)
    md5: Mapped[str | None] = mapped_column(ascii_name(32))
    sha1: Mapped[str | None] = mapped_column(ascii_name(40))


@dataclass(frozen=True, slots=True)
class ExtraDigests:
    """The two digests that an artifact has beside its id, as far as somebody is told of them."""

    md5: str | None = None
    sha1: str | None = None

    @property
    def are_known(self) -> bool:
        """True if neither is missing."""
        return None not in (self.md5, self.sha1)

    def completed(self, other: "ExtraDigests") -> "ExtraDigests":
        """Return them with what the others know in addition."""
        return ExtraDigests(self.md5 or other.md5, self.sha1 or other.sha1)


@dataclass(frozen=True, slots=True)
class Provenance:
    """How bytes came into a package, by an upload or from a source: under which name, when, from whom."""

    original_name: str
    content_type: str
    deposited_at: datetime
    deposited_by: int | None


class Reference:
    """Mixin for rows that keep an artifact alive, with its provenance.

    Counting and collecting find these tables through their foreign key, so a new kind of reference
    protects itself. The facts stand on the row because a download must not depend on a second one.
    """

    if TYPE_CHECKING:
        package_id: Mapped[int]

    original_name: Mapped[str | None] = mapped_column(FileNameText())
    content_type: Mapped[str | None] = mapped_column(ascii_name(255))
    deposited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @declared_attr
    def artifact_id(cls) -> Mapped[str | None]:  # noqa: N805  # a declared attribute is given the class
        """The bytes; None while a reference has none."""
        return mapped_column(Sha256, ForeignKey("artifacts.id"))

    @declared_attr
    def deposited_by(cls) -> Mapped[int | None]:  # noqa: N805  # a declared attribute is given the class
        """Who put the bytes in; None if the account is gone."""
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    def refer(self, digest: str | None, provenance: Provenance) -> None:
        """Point at bytes, with their provenance."""
        self.artifact_id = digest
        self.deposited_by = provenance.deposited_by
        self.original_name = provenance.original_name
        self.content_type = provenance.content_type
        self.deposited_at = provenance.deposited_at


def artifact_index() -> Index:
    """Return the index that every reference table needs for counting."""
    return Index(None, "artifact_id", "package_id")
