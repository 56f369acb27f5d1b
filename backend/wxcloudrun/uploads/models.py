"""An upload: who put which bytes in, when, under what file name, and what became of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.artifacts.reads import Reference, artifact_index
from wxcloudrun.kit.columns import Bytes, RowId, Sha256, ascii_name
from wxcloudrun.kit.db import Base


class Upload(Reference, Base):
    """An upload. It holds its bytes (`artifact_id`) only if it made neither a tag nor a version."""

    __tablename__ = "uploads"
    __table_args__ = (
        UniqueConstraint("deposited_by", "idempotency_key"),
        Index(None, "package_id", "id"),
        artifact_index(),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(Sha256)
    size_bytes: Mapped[int] = mapped_column(Bytes)
    tag: Mapped[str | None] = mapped_column(ascii_name(128))
    version: Mapped[str | None] = mapped_column(ascii_name(128))
    version_source: Mapped[str | None] = mapped_column(ascii_name(16))
    version_conflict: Mapped[str | None] = mapped_column(ascii_name(128))
    deduplicated: Mapped[bool]
    idempotency_key: Mapped[str | None] = mapped_column(ascii_name(128))
    fingerprint: Mapped[str] = mapped_column(Sha256)  # of the request, to recognise a retry

    @property
    def is_bare(self) -> bool:
        """True if it ended with neither tag nor version, so that it keeps its bytes alive itself."""
        return self.tag is None and self.version is None

    def accepted_at(self) -> datetime:
        """When it was accepted; every upload has a time."""
        if self.deposited_at is None:
            message = "an upload without a time"
            raise ValueError(message)
        return self.deposited_at
