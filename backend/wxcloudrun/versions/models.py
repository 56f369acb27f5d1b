"""A version is an immutable name for an artifact inside a package, with a lifecycle status.

created     waits for its bytes (`artifact_id` is None)
downloaded  the bytes are here
activated   the one that is in use; at most one per package
failed      its bytes could not be obtained
"""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.artifacts.models import Reference, artifact_index
from wxcloudrun.kit.columns import RowId, Sha256, UtcDateTime, ascii_name
from wxcloudrun.kit.db import Base


class Status(enum.StrEnum):
    """Where a version stands in its life."""

    CREATED = "created"
    DOWNLOADED = "downloaded"
    ACTIVATED = "activated"
    FAILED = "failed"


class Source(enum.StrEnum):
    """How a version got its name."""

    EXPLICIT = "explicit"
    METADATA = "metadata"
    FILENAME = "filename"


class Version(Reference, Base):
    """An immutable name; `id` is also the id of the release that it is."""

    __tablename__ = "versions"
    __table_args__ = (
        UniqueConstraint("package_id", "version"),
        Index(None, "package_id", "id"),
        artifact_index(),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(ascii_name(128))
    status: Mapped[str] = mapped_column(ascii_name(16))
    version_source: Mapped[str | None] = mapped_column(ascii_name(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class RetiredVersion(Base):
    """A deleted version: caches out there may hold its bytes, so the name never means others."""

    __tablename__ = "retired_versions"

    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(ascii_name(128), primary_key=True)
    digest: Mapped[str] = mapped_column(Sha256)
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)
