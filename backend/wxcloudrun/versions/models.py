"""A version is an immutable name inside a package, with a lifecycle status; its bytes hang on its files.

created     waits for its bytes (it has no file)
downloaded  the bytes are here
activated   the one that is in use; at most one per package
failed      its bytes could not be obtained
"""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wxcloudrun.artifacts.reads import Provenance, Reference, artifact_index
from wxcloudrun.kit.columns import (
    FileNameText,
    LongBytes,
    RowId,
    Sha256,
    UtcDateTime,
    ascii_name,
    unicode_name,
)
from wxcloudrun.kit.db import Base
from wxcloudrun.kit.errors import Conflict
from wxcloudrun.kit.texts import either, text
from wxcloudrun.versions.errors import VersionYanked
from wxcloudrun.versions.rules.standing import DEPRECATED_CHARACTERS, YANKED_REASON_CHARACTERS, Standing, Yank

ERROR_CHARACTERS = 1000
STAMP_CHARACTERS = 16
SUMMARY_CHARACTERS = 1000
REQUIRES_CHARACTERS = 500


class Status(enum.StrEnum):
    """Where a version stands in its life."""

    CREATED = "created"
    DOWNLOADED = "downloaded"
    ACTIVATED = "activated"
    FAILED = "failed"


class Step(enum.Enum):
    """What can happen to a version. The value says it to the person whose request does not fit."""

    FILL = text("filled")  # its bytes have come, by upload or from its source
    EMPTY = text("emptied")  # its last file was deleted
    FAIL = text("marked as failed")
    RETRY = text("retried")
    ACTIVATE = text("activated")
    DEACTIVATE = text("deactivated")


LIFE: Mapping[tuple[Status, Step], Status] = {
    (Status.CREATED, Step.FILL): Status.DOWNLOADED,
    (Status.DOWNLOADED, Step.EMPTY): Status.CREATED,
    (Status.CREATED, Step.FAIL): Status.FAILED,
    (Status.FAILED, Step.RETRY): Status.CREATED,
    (Status.FAILED, Step.FILL): Status.DOWNLOADED,
    (Status.DOWNLOADED, Step.ACTIVATE): Status.ACTIVATED,
    (Status.ACTIVATED, Step.DEACTIVATE): Status.DOWNLOADED,
}
"""The whole life of a version: what is not in this table does not happen."""


class NameSource(enum.StrEnum):
    """How a version got its name."""

    EXPLICIT = "explicit"
    METADATA = "metadata"
    FILENAME = "filename"


class DocumentKind(enum.StrEnum):
    """Which document of a file is kept."""

    METADATA = "metadata"  # METADATA of a wheel, PKG-INFO of a source distribution
    MANIFEST = "manifest"  # what npm's clients are shown of a version: all of it,
    ABBREVIATED = "abbreviated"  # and what they need to install it
    README = "readme"


class Version(Base):
    """An immutable name; `id` is also the id of the release that it is.

    `files_count` says how many files it has. Who changes that holds the row, so the two agree.
    `activated_in` repeats `package_id` while the version is activated and is null otherwise: as it is
    unique, the database itself keeps a package from having two activated versions.
    """

    __tablename__ = "versions"
    __table_args__ = (
        UniqueConstraint("package_id", "version"),
        # Lists, and all that an order is made of but the names.
        Index(None, "package_id", "id", "files_count", "created_at", "yanked_at"),
        UniqueConstraint("activated_in"),
        Index(None, "status", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(ascii_name(128))
    status: Mapped[str] = mapped_column(ascii_name(16))
    files_count: Mapped[int] = mapped_column(default=0)
    version_source: Mapped[str | None] = mapped_column(ascii_name(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    scheme: Mapped[str | None] = mapped_column(ascii_name(8))  # in whose order it stands: rules/schemes.py
    source: Mapped[str | None] = mapped_column(
        ascii_name(4000)
    )  # a JSON object, None if it waits for an upload
    error: Mapped[str | None] = mapped_column(unicode_name(ERROR_CHARACTERS))
    downloaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    activated_in: Mapped[int | None] = mapped_column(RowId)
    yanked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    yanked_reason: Mapped[str | None] = mapped_column(unicode_name(YANKED_REASON_CHARACTERS))
    deprecated: Mapped[str | None] = mapped_column(unicode_name(DEPRECATED_CHARACTERS))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # since when it takes no new file

    def fill(self, now: datetime) -> None:
        """Count its first file, with which its bytes are here. Raises Conflict if they are already."""
        self._step(Step.FILL)
        self.files_count = 1
        self.error = None
        self.downloaded_at = now

    def count_file(self, now: datetime) -> None:
        """Count a file that is added to it, which may be the first."""
        if self.files_count:
            self.files_count += 1
        else:
            self.fill(now)

    def uncount_file(self) -> None:
        """Count a file less; without the last one it waits for bytes again.

        Raises Conflict if it is activated, or has none.
        """
        if self.files_count <= 1 or self.status == Status.ACTIVATED.value:
            self._step(Step.EMPTY)
            self.downloaded_at = None
        self.files_count -= 1

    def recount(self, files: int, now: datetime) -> None:
        """Say how many files it has if that was wrong, and let its status agree."""
        if files and not self.files_count:
            self.fill(now)
        elif not files and self.files_count:
            if self.status == Status.ACTIVATED.value:
                self.deactivate()
            self._step(Step.EMPTY)
            self.downloaded_at = None
        self.files_count = files

    def fail(self, error: str) -> None:
        """Say why its bytes could not be obtained. Raises Conflict unless it waits for them."""
        self._step(Step.FAIL)
        self.error = error[:ERROR_CHARACTERS]

    def retry(self) -> None:
        """Let it wait for its bytes again. Raises Conflict unless it has failed."""
        self._step(Step.RETRY)
        self.error = None

    @property
    def standing(self) -> Standing:
        """Whether it is one to choose, and one to keep."""
        return Standing(self.version, Yank.read(self.yanked_at, self.yanked_reason), self.deprecated)

    def activate(self, now: datetime) -> None:
        """Make it the one that is in use. Raises Conflict unless its bytes are here, VersionYanked."""
        if self.yanked_at is not None:
            sentence = text(
                "version {version} is yanked; take that back or activate another one", version=self.version
            )
            raise VersionYanked(sentence, version=self.version, yanked=self.yanked_reason)
        self._step(Step.ACTIVATE)
        self.activated_at = now
        self.activated_in = self.package_id

    def deactivate(self) -> None:
        """Take it out of use; `activated_at` keeps when it was last put in. Raises Conflict if it is not."""
        self._step(Step.DEACTIVATE)
        self.activated_in = None

    def yank(self, reason: str | None, now: datetime) -> None:
        """Let nobody choose it any more; None undoes that. Another reason keeps since when."""
        self.yanked_at = None if reason is None else self.yanked_at or now
        self.yanked_reason = reason

    def _step(self, step: Step) -> None:
        """Go one step through the table. Raises Conflict if there is none from here."""
        following = LIFE.get((Status(self.status), step))
        if following is None:
            message = text(
                "only what is {possible} can be {step}; version {version} is {status}",
                possible=either([status for status, each in LIFE if each is step]),
                step=step.value,
                version=self.version,
                status=self.status,
            )
            raise Conflict(message, status=self.status)
        self.status = following.value


class VersionNotes(Base):
    """What people wrote about a version at length; in a table of its own, so that uploads do not read it."""

    __tablename__ = "version_notes"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    properties: Mapped[bytes | None] = mapped_column(LongBytes)  # a JSON object of texts
    notes: Mapped[bytes | None] = mapped_column(LongBytes)  # Markdown


class VersionStamp(Base):
    """What stands for the versions of a package: another one after every change of what can be chosen.

    In a row of its own, so that whoever uploads and whoever changes the package do not wait for each other.
    """

    __tablename__ = "version_stamps"

    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"), primary_key=True)
    stamp: Mapped[str] = mapped_column(ascii_name(STAMP_CHARACTERS))


class PackageRevision(Base):
    """How often what a foreign protocol shows of a package has changed; packages of such formats have one.

    A row of its own, as a VersionStamp. `mark` is random and replaced each time: a database that was
    restored never says again what stood for something else.
    """

    __tablename__ = "package_revisions"

    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(RowId, default=1)
    mark: Mapped[str] = mapped_column(ascii_name(STAMP_CHARACTERS))
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: before this was kept


class VersionFile(Reference, Base):
    """A file of a version: a name that means these bytes for ever. It is what keeps them alive."""

    __tablename__ = "version_files"
    __table_args__ = (
        UniqueConstraint("version_id", "filename"),
        Index(None, "package_id", "filename"),
        artifact_index(),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(FileNameText())
    artifact_id: Mapped[str] = mapped_column(Sha256, ForeignKey("artifacts.id"))

    @classmethod
    def of(cls, version: Version, filename: str, digest: str, provenance: Provenance) -> Self:
        """Make the file of a version that is stored already."""
        row = cls(package_id=version.package_id, version_id=version.id, filename=filename)
        row.refer(digest, provenance)
        return row


class FileFacts(Base):
    """What a file says of itself, as far as lists show it; kept when its bytes are read."""

    __tablename__ = "file_facts"

    file_id: Mapped[int] = mapped_column(ForeignKey("version_files.id", ondelete="CASCADE"), primary_key=True)
    summary: Mapped[str | None] = mapped_column(unicode_name(SUMMARY_CHARACTERS))
    requires: Mapped[str | None] = mapped_column(unicode_name(REQUIRES_CHARACTERS))  # of its interpreter
    document_digest: Mapped[str | None] = mapped_column(Sha256)  # of the document that clients fetch


class FileDocument(Base):
    """A document from inside of a file, byte by byte; in a table of its own, so that lists do not read it."""

    __tablename__ = "file_documents"

    file_id: Mapped[int] = mapped_column(ForeignKey("version_files.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(ascii_name(16), primary_key=True)  # a DocumentKind
    content: Mapped[bytes] = mapped_column(LongBytes)


class RetiredFile(Base):
    """A deleted file of a package with several in a version: its name never means other bytes there.

    It hangs on the name of its package, as a RetiredVersion does.
    """

    __tablename__ = "retired_files"

    name_id: Mapped[int] = mapped_column(ForeignKey("package_names.id"), primary_key=True)
    version: Mapped[str] = mapped_column(ascii_name(128), primary_key=True)
    filename: Mapped[str] = mapped_column(FileNameText(), primary_key=True)
    package_id: Mapped[int] = mapped_column(RowId)
    digest: Mapped[str] = mapped_column(Sha256)
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RetiredVersion(Base):
    """A deleted version: caches out there may hold its bytes, so the name never means others.

    Only what a version as a whole has meant is kept here: of one with several files, the files are retired.

    It hangs on the name of its package and not on the package, which it outlives. `package_id` only tells
    whether that is still the same one. It stays when the old bytes get the name back.
    """

    __tablename__ = "retired_versions"

    name_id: Mapped[int] = mapped_column(ForeignKey("package_names.id"), primary_key=True)
    version: Mapped[str] = mapped_column(ascii_name(128), primary_key=True)
    package_id: Mapped[int] = mapped_column(RowId)
    digest: Mapped[str] = mapped_column(Sha256)
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)
