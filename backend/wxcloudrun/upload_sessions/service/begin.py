"""Beginning an upload that comes in parts, looking at it, and giving it up."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.orm import Session

from wxcloudrun.artifacts.service.leases import LeasedKey
from wxcloudrun.kit import clock, ids
from wxcloudrun.kit.checksums import Checksums
from wxcloudrun.kit.db import Transaction, insert_at_once, reading
from wxcloudrun.kit.errors import IdempotencyKeyReused, NotFound
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.stores.blobs.writing import ResumableWriter
from wxcloudrun.upload_sessions import queries, rules
from wxcloudrun.upload_sessions.errors import TooManyUploads
from wxcloudrun.upload_sessions.events import UPLOAD_SESSION_BEGUN
from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.service.endings import LEASE_MARGIN, cancel
from wxcloudrun.upload_sessions.service.entry import LONGEST_LIFE, Entered, state_of
from wxcloudrun.upload_sessions.service.preflight import PreflightService
from wxcloudrun.upload_sessions.service.sessions import SessionSeen
from wxcloudrun.upload_sessions.service.tokens import UploadTokens
from wxcloudrun.uploads.rules import fingerprint
from wxcloudrun.uploads.service.acceptance import AcceptedUpload, UploadAcceptance, UploadSpec
from wxcloudrun.uploads.service.by_checksum import ChecksumUploadService
from wxcloudrun.uploads.service.incoming import UploadPlace

MOST_OPEN = 50  # of one user
MOST_NAMED = 10  # of them, to somebody who has too many


type Beside = Callable[[Transaction, UploadSession], None]
"""What a protocol of its own keeps of a session, written in the transaction that begins it."""


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What is to come; `size_bytes` is None only for what is appended and has no known length yet.

    An upload without a file name is called by the id of its session.
    """

    upload: UploadSpec
    size_bytes: int | None
    sha256: str | None = None
    part_bytes: int | None = None
    is_appended: bool = False

    @property
    def part_count(self) -> int:
        """How many parts there are to tell apart; none of what is appended."""
        if self.is_appended or self.size_bytes is None or self.part_bytes is None:
            return 0
        return -(-self.size_bytes // self.part_bytes)


@dataclass(frozen=True, slots=True)
class UploadWays:
    """What bytes that are there already become uploads by, and what shows uploads."""

    by_checksum: ChecksumUploadService
    acceptance: UploadAcceptance


class AlreadyBegun(Exception):
    """The same request has begun a session in the meantime."""


class UploadBeginService:
    """Begins sessions."""

    def __init__(
        self,
        *,
        packages: PackageService,
        preflight: PreflightService,
        uploads: UploadWays,
        tokens: UploadTokens,
        blobs: BlobStore,
        idle: timedelta,
    ) -> None:
        self._packages = packages
        self._preflight = preflight
        self._by_checksum, self._acceptance = uploads.by_checksum, uploads.acceptance
        self._tokens = tokens
        self._blobs = blobs
        self._idle = idle

    def begin(self, place: UploadPlace, spec: SessionSpec) -> SessionSeen | AcceptedUpload:
        """Begin a session, or upload bytes at once that the caller may read already.

        Raises Unauthorized, NotFound, Forbidden, Invalid, TooLarge, TooManyUploads, StoreUnavailable, and
        what an upload by checksum raises but for NotFound.
        """
        begun = self._seen_before(place, spec)  # first: its own file may have taken the name meanwhile
        if begun is not None:
            return begun
        self._preflight.admit(place, spec.upload, spec.size_bytes, spec.sha256)
        if spec.sha256 is not None:
            try:
                return self._by_checksum.accept(
                    place, Checksums(sha256=spec.sha256), spec.upload, size_bytes=spec.size_bytes
                )
            except NotFound:
                pass  # the bytes have to come
        try:
            return self._open(place, replace(spec, part_bytes=self._part_bytes(spec)))
        except AlreadyBegun:
            return self.begin(place, spec)

    def _seen_before(self, place: UploadPlace, spec: SessionSpec) -> SessionSeen | AcceptedUpload | None:
        if spec.upload.idempotency_key is None:
            return None
        with reading() as session:
            return self._begun_before(session, place, spec) or self._made_before(session, place, spec)

    def _made_before(self, session: Session, place: UploadPlace, spec: SessionSpec) -> AcceptedUpload | None:
        """Return the upload that this request has made at once. Raises as `_begun_before` does."""
        found = self._packages.enter(
            session, place.actor, place.project, place.package, Action.ARTIFACT_WRITE
        )
        return self._acceptance.replayed(session, place.actor, found, spec.upload, spec.sha256 or "")

    def begin_appended(self, place: UploadPlace, spec: SessionSpec, beside: Beside) -> SessionSeen:
        """Begin a session whose bytes come in order, however many at a time. Raises as `begin` does."""
        self._preflight.admit(place, spec.upload, spec.size_bytes, spec.sha256)
        appended = replace(spec, part_bytes=rules.USUAL_PART_BYTES, is_appended=True)
        return self._open(place, appended, beside)

    def _part_bytes(self, spec: SessionSpec) -> int:
        size_bytes = spec.size_bytes or 0
        wanted = rules.fitting_part_bytes(size_bytes, spec.part_bytes)
        suitable = self._blobs.suitable_part_bytes(size_bytes, wanted)
        return wanted if -(-size_bytes // suitable) > rules.MOST_PARTS else suitable

    def _open(self, place: UploadPlace, spec: SessionSpec, beside: Beside | None = None) -> SessionSeen:
        part_bytes = spec.part_bytes or rules.USUAL_PART_BYTES
        with LeasedKey.opened().until_handed_over() as lease:
            writer = self._blobs.begin(lease.key, size_bytes=spec.size_bytes, part_bytes=part_bytes)
            try:
                return lease.hand_over(lambda tx: self._write(tx, place, spec, lease, writer, beside))
            except BaseException as error:
                if not lease.may_have_owner(error):
                    cancel(writer)
                raise

    def _begun_before(self, session: Session, place: UploadPlace, spec: SessionSpec) -> SessionSeen | None:
        """Return the session that this very request has begun before, with a token that is as good.

        Raises IdempotencyKeyReused if the key came with another request.
        """
        actor, key = place.actor, spec.upload.idempotency_key
        row = None if key is None else queries.begun_with(session, actor.user_id, key)
        if row is None:
            return None
        found = self._packages.enter(session, actor, place.project, place.package, Action.ARTIFACT_WRITE)
        if row.fingerprint != fingerprint_of(found, spec):
            raise IdempotencyKeyReused(
                text("this Idempotency-Key was used for another upload; take a new one")
            )
        accepted = None
        if row.upload_id is not None:
            accepted = self._acceptance.receipt(session, actor, found, row.upload_id)
        token = self._tokens.issue(row.public_id, actor, row.created_at + LONGEST_LIFE)
        return SessionSeen(row, found.project, found.name, self._preflight.most_bytes, token, accepted)

    def _write(
        self,
        tx: Transaction,
        place: UploadPlace,
        spec: SessionSpec,
        lease: LeasedKey,
        writer: ResumableWriter,
        beside: Beside | None,
    ) -> SessionSeen:
        actor, now = place.actor, clock.now()
        found = self._packages.enter(tx.session, actor, place.project, place.package, Action.ARTIFACT_WRITE)
        if self._begun_before(tx.session, place, spec) is not None:
            raise AlreadyBegun
        refuse_too_many(tx.session, actor)
        row = fresh_row(found, spec, writer, self._preflight.most_bytes)
        row.created_by, row.created_at, row.expires_at = actor.user_id, now, now + self._idle
        lease.hold_until(tx, row.expires_at + LEASE_MARGIN)
        insert_at_once(tx, row)
        if beside is not None:
            beside(tx, row)
        announce(tx, actor, UPLOAD_SESSION_BEGUN, Entered(found, row, actor).subject, after=state_of(row))
        token = self._tokens.issue(row.public_id, actor, now + LONGEST_LIFE)
        return SessionSeen(row, found.project, found.name, self._preflight.most_bytes, token)


def fresh_row(
    found: FoundPackage, spec: SessionSpec, writer: ResumableWriter, most_bytes: int
) -> UploadSession:
    """Return the row of a session of which nothing has come."""
    upload, public_id = spec.upload, ids.new_id()
    return UploadSession(
        public_id=public_id,
        package_id=found.id,
        filename=upload.filename or public_id,
        content_type=upload.content_type,
        tag=upload.tag,
        version=upload.version,
        size_bytes=most_bytes if spec.size_bytes is None else spec.size_bytes,
        has_length=spec.size_bytes is not None,
        is_appended=spec.is_appended,
        sha256=spec.sha256,
        part_bytes=spec.part_bytes,
        received=rules.nothing_received(spec.part_count),
        object_key=writer.state.key,
        writer=writer.state.to_text(),
        hashed_parts=0,
        state=SessionState.OPEN.value,
        fence=0,
        idempotency_key=upload.idempotency_key,
        fingerprint=fingerprint_of(found, spec),
    )


def fingerprint_of(found: FoundPackage, spec: SessionSpec) -> str:
    """Return what makes two beginnings the same request; how the file is cut is the service's choice."""
    upload = spec.upload
    wanted = (upload.filename, upload.content_type, upload.tag, upload.version)
    return fingerprint(found.id, *wanted, spec.size_bytes, spec.sha256)


def refuse_too_many(session: Session, actor: Actor) -> None:
    """Raise TooManyUploads, which names some of them, if somebody has as many sessions as they may.

    Others who begin sessions of the same user wait until this transaction has ended.
    """
    queries.lock_user(session, actor.user_id)
    if queries.count_alive(session, actor.user_id) < MOST_OPEN:
        return
    named = queries.longest_waiting(session, actor, MOST_NAMED)
    raise TooManyUploads(
        text("you have {limit} unfinished uploads; complete or delete some of them", limit=MOST_OPEN),
        limit=MOST_OPEN,
        sessions=[
            {
                "id": each.row.public_id,
                "project": each.project,
                "package": each.package,
                "filename": each.row.filename,
                "url": each.url,
            }
            for each in named
        ],
    )
