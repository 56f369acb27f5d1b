"""The vocabulary of uploads in several requests.

upload session  one file on its way in; its row says what has come and what became of it
part            a piece of it with a number from 1 on; all have the same size but for the last
appended        of a session whose bytes come in order, however many at a time; its parts are what was
                recorded at once
epoch           how often somebody has begun to send a part, or to append: only the latest counts
fence           how often somebody has begun to complete a session: only the latest counts
receipt         a session that has ended: it tells its result again for some days
"""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.artifacts.reads import ObjectKey
from wxcloudrun.kit.columns import Bytes, LongBytes, RowId, Sha256, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base
from wxcloudrun.upload_sessions import rules

FILE_NAME_CHARACTERS = 512
RECEIPT_CHARACTERS = 4096  # of what the store wants back: on S3 some seventy for each 5 MiB


class SessionState(enum.StrEnum):
    """What has become of a session."""

    OPEN = "open"
    SEALING = "sealing"  # its parts are all there and change no more
    DONE = "done"
    FAILED = "failed"
    ABORTED = "aborted"
    EXPIRED = "expired"


class UploadSession(Base):
    """One file that comes in parts."""

    __tablename__ = "upload_sessions"
    __table_args__ = (
        UniqueConstraint("created_by", "idempotency_key"),
        Index(None, "expires_at"),
        Index(None, "state", "expires_at"),
        Index(None, "created_by", "state"),
        Index(None, "package_id"),
        Index(None, "upload_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(ascii_name(32), unique=True)  # what URLs carry; not to be guessed
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    filename: Mapped[str] = mapped_column(unicode_name(FILE_NAME_CHARACTERS))
    content_type: Mapped[str] = mapped_column(ascii_name(255))
    tag: Mapped[str | None] = mapped_column(ascii_name(128))
    version: Mapped[str | None] = mapped_column(ascii_name(128))
    size_bytes: Mapped[int] = mapped_column(Bytes)  # without `has_length`: what it may have at most
    has_length: Mapped[bool] = mapped_column(server_default=true(), default=True)
    is_appended: Mapped[bool] = mapped_column(server_default=false(), default=False)
    offset_bytes: Mapped[int] = mapped_column(
        Bytes, server_default="0", default=0
    )  # where the next append is
    epoch: Mapped[int] = mapped_column(server_default="0", default=0)  # of who appends
    sha256: Mapped[str | None] = mapped_column(Sha256)  # what its maker says the bytes are
    part_bytes: Mapped[int] = mapped_column(Bytes)
    received: Mapped[bytes] = mapped_column(LongBytes)  # one bit for each part
    object_key: Mapped[str] = mapped_column(ObjectKey)
    writer: Mapped[str] = mapped_column(ascii_name(1024))  # the state of the store's writer
    hashed_parts: Mapped[int]  # so many parts, from the first on, are in the kept state
    hash_state: Mapped[bytes | None] = mapped_column(LongBytes)
    hash_maker: Mapped[str | None] = mapped_column(ascii_name(128))
    state: Mapped[str] = mapped_column(ascii_name(16))
    fence: Mapped[int]
    fenced_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("uploads.id", ondelete="SET NULL"))
    idempotency_key: Mapped[str | None] = mapped_column(ascii_name(128))  # with which it was begun
    fingerprint: Mapped[str | None] = mapped_column(Sha256)  # of that request, to recognise a retry
    failure: Mapped[bytes | None] = mapped_column(LongBytes)  # JSON: the reason and its facts
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # of an ended one: when its receipt goes

    @property
    def is_whole(self) -> bool:
        """Whether every byte has come."""
        if self.is_appended:
            return self.has_length and self.offset_bytes == self.size_bytes
        return rules.leading(self.received, self.parts) == self.parts

    @property
    def received_bytes(self) -> int:
        """How many bytes have come, wherever they belong."""
        if self.is_appended:
            return self.offset_bytes
        whole = rules.count(self.received) * self.part_bytes
        lacking = self.part_bytes - self.size_of(self.parts) if rules.has(self.received, self.parts) else 0
        return whole - lacking

    @property
    def parts(self) -> int:
        """How many parts the file has; not of one that is appended to."""
        return rules.parts_in(self.size_bytes, self.part_bytes)

    def offset_of(self, number: int) -> int:
        """Where a part begins."""
        return (number - 1) * self.part_bytes

    def size_of(self, number: int) -> int:
        """How many bytes a part has."""
        return min(self.part_bytes, self.size_bytes - self.offset_of(number))

    def end(self, state: SessionState, receipt_until: datetime) -> None:
        """Let it have ended; what is only needed to go on is forgotten."""
        self.state, self.expires_at = state.value, receipt_until
        self.fenced_until, self.hash_state, self.hash_maker = None, None, None


class SessionPart(Base):
    """What is known of one part; whether it has come says the session's `received`."""

    __tablename__ = "session_parts"

    session_id: Mapped[int] = mapped_column(
        ForeignKey("upload_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[int]
    offset_bytes: Mapped[int | None] = mapped_column(Bytes)  # of one that was appended, with
    size_bytes: Mapped[int | None] = mapped_column(Bytes)  # its size; else its number tells both
    sha256: Mapped[str | None] = mapped_column(Sha256)
    receipt: Mapped[str | None] = mapped_column(ascii_name(RECEIPT_CHARACTERS))
