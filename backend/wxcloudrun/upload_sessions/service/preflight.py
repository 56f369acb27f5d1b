"""What would become of files, before a byte of them is sent: many in one question."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.artifacts import reads as artifact_reads
from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.errors import AppError, Conflict, Forbidden, Invalid, TooLarge
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.tags.service.tags import TagService
from wxcloudrun.upload_sessions import rules
from wxcloudrun.uploads import reads as upload_reads
from wxcloudrun.uploads.service.acceptance import UploadSpec, empty_file, refuse_name
from wxcloudrun.uploads.service.incoming import UploadPlace
from wxcloudrun.versions.service.versions import VersionService

CONTENT_TYPE = "application/octet-stream"  # it decides nothing here


class Prospect(enum.StrEnum):
    """What would become of a file."""

    EXISTS = "exists"  # the package has it under this name: there is nothing to do
    LINK = "link"  # the caller may read the bytes: it can be uploaded by its SHA-256
    UPLOAD = "upload"  # its bytes have to come
    REJECT = "reject"  # it would be refused


@dataclass(frozen=True, slots=True)
class FileWanted:
    """A file that somebody thinks of sending."""

    filename: str
    size_bytes: int
    sha256: str | None = None
    version: str | None = None
    tag: str | None = None

    @property
    def upload(self) -> UploadSpec:
        """How the upload would be called."""
        return UploadSpec(self.filename, CONTENT_TYPE, self.tag, self.version, named_by="filename")


@dataclass(frozen=True, slots=True)
class FileChecked:
    """The same with what would become of it; `refusal` says why it would be refused."""

    wanted: FileWanted
    prospect: Prospect
    refusal: AppError | None = None


class PreflightService:
    """Tells beforehand. Nothing is reserved by it: what is true now may not be true when the bytes come.

    Of bytes that the caller may not read it says `upload`, as of bytes that nobody has.
    """

    def __init__(
        self, *, packages: PackageService, intake: IntakeService, versions: VersionService, tags: TagService
    ) -> None:
        self._packages = packages
        self._intake = intake
        self._versions = versions
        self._tags = tags

    @property
    def most_bytes(self) -> int:
        """How many bytes an upload may have."""
        return self._intake.most_bytes

    def check(self, place: UploadPlace, files: Sequence[FileWanted]) -> list[FileChecked]:
        """Tell of each file what would become of it. Raises Unauthorized, NotFound, Forbidden."""
        with reading() as session:
            found = self._packages.enter(
                session, place.actor, place.project, place.package, Action.ARTIFACT_WRITE
            )
            return [self._checked(session, place.actor, found, each) for each in files]

    def admit(
        self, place: UploadPlace, upload: UploadSpec, size_bytes: int | None, sha256: str | None
    ) -> None:
        """Raise at once what would be refused when all bytes have come, as far as that can be known.

        Raises Unauthorized, NotFound, Forbidden, Invalid, TooLarge, StoreFull, VersionTaken, FileTaken,
        VersionSealed. Invalid also for a size that bytes with this SHA-256 cannot have.
        """
        with reading() as session:
            found = self._packages.enter(
                session, place.actor, place.project, place.package, Action.ARTIFACT_WRITE
            )
            refuse_name(found, upload)
            is_held = self._holds(session, place.actor, found, upload, sha256)
            if sha256 is not None and size_bytes is not None:
                reads_bytes(session, place.actor, sha256, size_bytes, is_held=is_held)
        self._intake.admit(size_bytes)
        refuse_what_has_too_many_parts(size_bytes or 0)

    def _checked(
        self, session: Session, actor: Actor, found: FoundPackage, wanted: FileWanted
    ) -> FileChecked:
        try:
            return FileChecked(wanted, self._prospect(session, actor, found, wanted))
        except (Invalid, TooLarge, Conflict, Forbidden) as refusal:
            return FileChecked(wanted, Prospect.REJECT, refusal)

    def _prospect(self, session: Session, actor: Actor, found: FoundPackage, wanted: FileWanted) -> Prospect:
        if not wanted.size_bytes:
            raise empty_file()
        refuse_name(found, wanted.upload)
        self._intake.refuse_size(wanted.size_bytes)
        refuse_what_has_too_many_parts(wanted.size_bytes)
        is_held = self._holds(session, actor, found, wanted.upload, wanted.sha256)
        if wanted.sha256 is None:
            return Prospect.UPLOAD
        is_readable = reads_bytes(session, actor, wanted.sha256, wanted.size_bytes, is_held=is_held)
        if is_held:
            return Prospect.EXISTS
        return Prospect.LINK if is_readable else Prospect.UPLOAD

    def _holds(
        self, session: Session, actor: Actor, found: FoundPackage, upload: UploadSpec, sha256: str | None
    ) -> bool:
        """Tell whether there is nothing to do for a file.

        Raises as `VersionService.has` does, and Forbidden for a tag that the caller may not move.
        """
        filename, version, tag = upload.filename, upload.version, upload.tag
        is_tagged = tag is None or self._tags.is_there(
            session, actor, found, tag, digest=sha256, version=version
        )
        if version is not None:
            return self._versions.has(session, found, version, filename, sha256) and is_tagged
        return (
            is_tagged and sha256 is not None and upload_reads.holds_file(session, found.id, filename, sha256)
        )


def reads_bytes(session: Session, actor: Actor, sha256: str, size_bytes: int, *, is_held: bool) -> bool:
    """Tell whether the caller may read these bytes.

    Raises Invalid if they have another size: only of bytes that the caller may read or that the package is
    told to hold. Of all others nothing is said, neither that they are there nor how large they are.
    """
    seen = artifact_reads.seen_artifact(session, actor, sha256)
    known = seen[0] if seen is not None else artifact_reads.artifact(session, sha256) if is_held else None
    if known is not None and known.size_bytes != size_bytes:
        raise Invalid.field("size", text("the bytes with this SHA-256 have another size"))
    return seen is not None


def refuse_what_has_too_many_parts(size_bytes: int) -> None:
    """Raise TooLarge for what does not fit in the parts that there may be."""
    limit = rules.most_bytes()
    if size_bytes > limit:
        raise TooLarge(text("an upload may have {limit} bytes at most", limit=limit), limit=limit)
