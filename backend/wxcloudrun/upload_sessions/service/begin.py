"""Beginning an upload that comes in parts, looking at it, and giving it up."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from wxcloudrun.artifacts.service.leases import LeasedKey
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Transaction, atomically, insert_at_once
from wxcloudrun.kit.errors import NotFound, TooManyRequests
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.security import Action
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.stores.blobs.writing import ResumableWriter
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.events import UPLOAD_SESSION_BEGUN
from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.service.endings import LEASE_MARGIN, cancel
from wxcloudrun.upload_sessions.service.entry import LONGEST_LIFE, Entered, state_of
from wxcloudrun.upload_sessions.service.preflight import PreflightService
from wxcloudrun.upload_sessions.service.sessions import SessionSeen
from wxcloudrun.upload_sessions.service.tokens import UploadTokens
from wxcloudrun.uploads.service.acceptance import AcceptedUpload, UploadSpec
from wxcloudrun.uploads.service.by_checksum import ChecksumUploadService
from wxcloudrun.uploads.service.incoming import UploadPlace

MOST_OPEN = 50  # of one user


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What is to come."""

    upload: UploadSpec
    size_bytes: int
    sha256: str | None = None
    part_bytes: int | None = None


class UploadBeginService:
    """Begins sessions."""

    def __init__(
        self,
        *,
        packages: PackageService,
        preflight: PreflightService,
        by_checksum: ChecksumUploadService,
        tokens: UploadTokens,
        blobs: BlobStore,
        idle: timedelta,
    ) -> None:
        self._packages = packages
        self._preflight = preflight
        self._by_checksum = by_checksum
        self._tokens = tokens
        self._blobs = blobs
        self._idle = idle

    def begin(self, place: UploadPlace, spec: SessionSpec) -> SessionSeen | AcceptedUpload:
        """Begin a session, or upload bytes at once that the caller may read already.

        Raises Unauthorized, NotFound, Forbidden, Invalid, TooLarge, TooManyRequests, StoreUnavailable, and
        what an upload by checksum raises but for NotFound.
        """
        self._preflight.admit(place, spec.upload, spec.size_bytes, spec.sha256)
        if spec.sha256 is not None:
            try:
                return self._by_checksum.accept(
                    place, Checksums(sha256=spec.sha256), spec.upload, size_bytes=spec.size_bytes
                )
            except NotFound:
                pass  # the bytes have to come
        return self._open(place, spec)

    def _open(self, place: UploadPlace, spec: SessionSpec) -> SessionSeen:
        wanted = rules.fitting_part_bytes(spec.size_bytes, spec.part_bytes)
        part_bytes = self._blobs.suitable_part_bytes(spec.size_bytes, wanted)
        if -(-spec.size_bytes // part_bytes) > rules.MOST_PARTS:
            part_bytes = wanted
        with LeasedKey.opened().until_handed_over() as lease:
            writer = self._blobs.begin(lease.key, size_bytes=spec.size_bytes, part_bytes=part_bytes)
            try:
                return atomically(lambda tx: self._write(tx, place, spec, lease, writer, part_bytes))
            except BaseException:
                cancel(writer)
                raise

    def _write(
        self,
        tx: Transaction,
        place: UploadPlace,
        spec: SessionSpec,
        lease: LeasedKey,
        writer: ResumableWriter,
        part_bytes: int,
    ) -> SessionSeen:
        actor, now = place.actor, clock.now()
        found = self._packages.enter(tx.session, actor, place.project, place.package, Action.ARTIFACT_WRITE)
        refuse_too_many(tx.session, actor.user_id)
        row = fresh_row(found, spec, writer, part_bytes)
        row.created_by, row.created_at, row.expires_at = actor.user_id, now, now + self._idle
        lease.hold_until(tx, row.expires_at + LEASE_MARGIN)
        insert_at_once(tx, row)
        announce(tx, actor, UPLOAD_SESSION_BEGUN, Entered(found, row).subject, after=state_of(row))
        token = self._tokens.issue(row.public_id, actor.user_id, now + LONGEST_LIFE)
        return SessionSeen(row, found.project, found.name, self._preflight.most_bytes, token)


def fresh_row(
    found: FoundPackage, spec: SessionSpec, writer: ResumableWriter, part_bytes: int
) -> UploadSession:
    """Return the row of a session of which nothing has come."""
    upload = spec.upload
    return UploadSession(
        public_id=ids.new_id(),
        package_id=found.id,
        filename=upload.filename,
        content_type=upload.content_type,
        tag=upload.tag,
        version=upload.version,
        size_bytes=spec.size_bytes,
        sha256=spec.sha256,
        part_bytes=part_bytes,
        received=rules.nothing_received(-(-spec.size_bytes // part_bytes)),
        object_key=writer.state.key,
        writer=writer.state.to_text(),
        hashed_parts=0,
        state=SessionState.OPEN.value,
        fence=0,
    )


def refuse_too_many(session: Session, user_id: int | None) -> None:
    """Raise TooManyRequests if somebody has as many sessions as they may."""
    if queries.count_alive(session, user_id) >= MOST_OPEN:
        raise TooManyRequests(
            text("you have {limit} unfinished uploads; complete or delete some of them", limit=MOST_OPEN),
            retry_after_seconds=60,
            limit=MOST_OPEN,
        )
