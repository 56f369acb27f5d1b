"""The vocabulary of the tus protocol.

upload    an upload session with what a tus client said of it, and wants to hear again
partial   an upload that becomes nothing by itself; others are made of such
final     an upload that was made of partial ones, in their order
"""

import enum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.kit.columns import LongBytes, RowId, ascii_name
from wxcloudrun.kit.db import Base


class Kind(enum.StrEnum):
    """What becomes of an upload."""

    WHOLE = "whole"
    PARTIAL = "partial"
    FINAL = "final"


class TusUpload(Base):
    """What the protocol keeps of an upload session."""

    __tablename__ = "tus_uploads"
    __table_args__ = (Index(None, "final_id"),)

    session_id: Mapped[int] = mapped_column(
        ForeignKey("upload_sessions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(ascii_name(16))
    said: Mapped[bytes] = mapped_column(LongBytes)  # Upload-Metadata as it was sent
    partials: Mapped[bytes | None] = mapped_column(LongBytes)  # of a final one: their public ids, in order
    final_id: Mapped[int | None] = mapped_column(  # of a partial one: what it has gone into
        RowId, ForeignKey("upload_sessions.id", ondelete="SET NULL")
    )
    is_terminated: Mapped[bool] = mapped_column(default=False)  # its client wants to hear no more of it
