"""A version is an immutable name for an artifact inside a package, with a lifecycle status.

created     waits for its bytes (`artifact_id` is None)
downloaded  the bytes are here
activated   the one that is in use; at most one per package
failed      its bytes could not be obtained
"""

import enum
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.artifacts.models import Provenance, Reference, artifact_index
from wxcloudrun.kit.columns import RowId, Sha256, UtcDateTime, ascii_name, unicode_name
from wxcloudrun.kit.db import Base
from wxcloudrun.kit.errors import Conflict

ERROR_CHARACTERS = 1000


class Status(enum.StrEnum):
    """Where a version stands in its life."""

    CREATED = "created"
    DOWNLOADED = "downloaded"
    ACTIVATED = "activated"
    FAILED = "failed"


class Step(enum.StrEnum):
    """What can happen to a version. The value says it to the person whose request does not fit."""

    FILL = "filled"  # its bytes have come, by upload or from its source
    FAIL = "marked as failed"
    RETRY = "retried"
    ACTIVATE = "activated"
    DEACTIVATE = "deactivated"


LIFE: Mapping[tuple[Status, Step], Status] = {
    (Status.CREATED, Step.FILL): Status.DOWNLOADED,
    (Status.CREATED, Step.FAIL): Status.FAILED,
    (Status.FAILED, Step.RETRY): Status.CREATED,
    (Status.FAILED, Step.FILL): Status.DOWNLOADED,
    (Status.DOWNLOADED, Step.ACTIVATE): Status.ACTIVATED,
    (Status.ACTIVATED, Step.DEACTIVATE): Status.DOWNLOADED,
}
"""The whole life of a version: what is not in this table does not happen."""


class Source(enum.StrEnum):
    """How a version got its name."""

    EXPLICIT = "explicit"
    METADATA = "metadata"
    FILENAME = "filename"


class Version(Reference, Base):
    """An immutable name; `id` is also the id of the release that it is.

    `activated_in` repeats `package_id` while the version is activated and is null otherwise: as it is
    unique, the database itself keeps a package from having two activated versions.
    """

    __tablename__ = "versions"
    __table_args__ = (
        UniqueConstraint("package_id", "version"),
        Index(None, "package_id", "id", "artifact_id", "created_at"),  # all that `content` asks of each row
        UniqueConstraint("activated_in"),
        Index(None, "status", "id"),
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
    source: Mapped[str | None] = mapped_column(
        ascii_name(4000)
    )  # a JSON object, None if it waits for an upload
    error: Mapped[str | None] = mapped_column(unicode_name(ERROR_CHARACTERS))
    downloaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    activated_in: Mapped[int | None] = mapped_column(RowId)

    def fill(self, digest: str, provenance: Provenance) -> None:
        """Give it its bytes, which it keeps for ever. Raises Conflict if it has some."""
        self._step(Step.FILL)
        self.refer(digest, provenance)
        self.error = None
        self.downloaded_at = provenance.deposited_at

    def fail(self, error: str) -> None:
        """Say why its bytes could not be obtained. Raises Conflict unless it waits for them."""
        self._step(Step.FAIL)
        self.error = error[:ERROR_CHARACTERS]

    def retry(self) -> None:
        """Let it wait for its bytes again. Raises Conflict unless it has failed."""
        self._step(Step.RETRY)
        self.error = None

    def activate(self, now: datetime) -> None:
        """Make it the one that is in use. Raises Conflict unless its bytes are here."""
        self._step(Step.ACTIVATE)
        self.activated_at = now
        self.activated_in = self.package_id

    def deactivate(self) -> None:
        """Take it out of use; `activated_at` keeps when it was last put in. Raises Conflict if it is not."""
        self._step(Step.DEACTIVATE)
        self.activated_in = None

    def _step(self, step: Step) -> None:
        """Go one step through the table. Raises Conflict if there is none from here."""
        following = LIFE.get((Status(self.status), step))
        if following is None:
            possible = " or ".join(status for status, each in LIFE if each is step)
            message = f"only what is {possible} can be {step}; version {self.version} is {self.status}"
            raise Conflict(message, status=self.status)
        self.status = following.value


class RetiredVersion(Base):
    """A deleted version: caches out there may hold its bytes, so the name never means others."""

    __tablename__ = "retired_versions"

    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[str] = mapped_column(ascii_name(128), primary_key=True)
    digest: Mapped[str] = mapped_column(Sha256)
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)
