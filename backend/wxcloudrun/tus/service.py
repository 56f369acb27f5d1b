"""Use cases of the tus protocol: what a client may ask of an upload, and what becomes of it.

The bytes, their limits and their end are an upload session's. This adds what the protocol remembers, that an
upload is accepted with its last byte, and uploads that are made of others.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.kit import clock
from wxcloudrun.kit.checksums import NOTHING_SAID
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import AppError, Invalid, NotFound
from wxcloudrun.kit.texts import text
from wxcloudrun.tus import queries
from wxcloudrun.tus.errors import BeingCompleted, FinalUpload
from wxcloudrun.tus.models import Kind, TusUpload
from wxcloudrun.upload_sessions import rules as session_rules
from wxcloudrun.upload_sessions.errors import OffsetMismatch, SessionGone
from wxcloudrun.upload_sessions.reads import ALIVE, SessionState, UploadSession
from wxcloudrun.upload_sessions.service.appends import Appended, AppendService, IncomingBytes
from wxcloudrun.upload_sessions.service.begin import Beside, SessionSpec, UploadBeginService
from wxcloudrun.upload_sessions.service.completion import Completed, CompletionService
from wxcloudrun.upload_sessions.service.entry import SessionPlace, ended, is_fenced, is_over
from wxcloudrun.upload_sessions.service.joining import JoiningService
from wxcloudrun.upload_sessions.service.sessions import UploadSessionService
from wxcloudrun.uploads.service.acceptance import AcceptedUpload, UploadSpec, empty_file
from wxcloudrun.uploads.service.incoming import UploadPlace


class Taken(Exception):
    """Another final upload is made of the same partial ones."""


@dataclass(frozen=True, slots=True)
class WantedUpload:
    """What an upload shall be; `size_bytes` is None if that will be said later."""

    spec: UploadSpec
    size_bytes: int | None
    said: str = ""
    sha256: str | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class UploadStanding:
    """How an upload stands. `completed` only where this request has had it accepted."""

    public_id: str
    offset: int
    size_bytes: int | None
    expires_at: datetime | None  # None: it has ended
    is_partial: bool = False
    said: str = ""
    partials: Sequence[str] = ()
    completed: Completed | None = None
    accepted: AcceptedUpload | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An upload that the caller was admitted to."""

    row: UploadSession
    kept: TusUpload
    accepted: AcceptedUpload | None

    @property
    def is_alive(self) -> bool:
        """Whether it may go on."""
        return self.row.state in ALIVE

    @property
    def awaits_completion(self) -> bool:
        """Whether every byte is there, and nothing was made of them yet."""
        return self.is_alive and self.row.is_whole and self.kept.kind != Kind.PARTIAL

    def standing(self) -> UploadStanding:
        """Tell how it stands."""
        row, kept = self.row, self.kept
        return UploadStanding(
            public_id=row.public_id,
            offset=row.offset_bytes,
            size_bytes=row.size_bytes if row.has_length else None,
            expires_at=row.expires_at if self.is_alive else None,
            is_partial=kept.kind == Kind.PARTIAL,
            said=kept.said.decode(),
            partials=(kept.partials or b"").decode().split(),
            accepted=self.accepted,
        )


class TusService:
    """Does what tus clients ask for."""

    def __init__(
        self,
        *,
        begin: UploadBeginService,
        sessions: UploadSessionService,
        appends: AppendService,
        completion: CompletionService,
        joining: JoiningService,
        intake: IntakeService,
    ) -> None:
        self._begin = begin
        self._sessions = sessions
        self._appends = appends
        self._completion = completion
        self._joining = joining
        self._intake = intake

    @property
    def most_bytes(self) -> int:
        """How long an upload may be."""
        return min(self._intake.most_bytes, session_rules.most_bytes())

    def create(
        self, destination: UploadPlace, wanted: WantedUpload, incoming: IncomingBytes | None = None
    ) -> UploadStanding:
        """Begin an upload, with its first bytes if some come along; of a refusal nothing stays.

        Raises Unauthorized, NotFound, Forbidden, Invalid, TooLarge, TooManyUploads, StoreUnavailable, and
        what appending raises.
        """
        if wanted.size_bytes == 0 and not wanted.is_partial:
            raise empty_file()
        place = self._opened(destination, wanted)
        if incoming is None:
            return self._held(place).standing()
        with self._given_up_on_failure(place):
            return self.append(place, incoming)

    def look(self, place: SessionPlace) -> UploadStanding:
        """Tell how an upload stands; one that lacks no byte is accepted now.

        A client that lost the last answer asks here and believes that all is done when every byte is.
        Raises Unauthorized, NotFound, Forbidden, SessionGone, BeingCompleted, and what accepting raises.
        """
        held = self._held(place)
        standing = held.standing()
        if held.awaits_completion:
            return self._completed(place, standing)
        if not held.is_alive:
            self._use_up(place, standing)  # whoever had it accepted may have died behind that
        return standing

    def append(self, place: SessionPlace, incoming: IncomingBytes) -> UploadStanding:
        """Take bytes at the end; with the last ones it is accepted.

        Raises as `look` does, FinalUpload, and what appending raises.
        """
        held = self._held(place)
        if held.kept.kind == Kind.FINAL:
            raise FinalUpload(text("this upload consists of others and takes no bytes"))
        if held.row.state == SessionState.SEALING.value:
            return self._completed_at(place, held, incoming.offset)
        appended = self._appends.append(place, incoming)
        standing = grown(held.standing(), appended, incoming)
        if appended.is_whole and held.kept.kind == Kind.WHOLE:
            return self._completed(place, standing)
        return standing

    def terminate(self, place: SessionPlace) -> None:
        """Give an upload up; what was accepted stays. Raises as `look` does, or Conflict."""
        held = self._held(place)
        self._sessions.abort(place)

        def work(tx: Transaction) -> None:
            kept = queries.upload(tx.session, held.row.id)
            if kept is not None:
                kept.is_terminated = True

        atomically(work)

    def join(
        self, destination: UploadPlace, wanted: WantedUpload, partial_ids: Sequence[str]
    ) -> UploadStanding:
        """Make a final upload of partial ones, and accept it. Asked again, the result is the same.

        Raises as `create` does, Invalid for what is no whole partial upload, and what accepting raises.
        """
        places = [place_of(destination, public_id) for public_id in partial_ids]
        earlier = self._joined_earlier(destination, partial_ids)
        if earlier is not None:
            return earlier
        try:
            place, final = self._opened_final(destination, wanted, places)
        except Taken:
            earlier = self._joined_earlier(destination, partial_ids)
            if earlier is None:
                raise not_joinable() from None
            return earlier
        with self._given_up_on_failure(place):
            with self._joining.held(final.row.id, self._joining.blocks(places)) as blocks:
                incoming = IncomingBytes(0, blocks, announced_bytes=final.row.size_bytes)
                self._appends.append(place, incoming)
            return self._completed(place, self._held(place).standing())

    def _opened_final(
        self, destination: UploadPlace, wanted: WantedUpload, places: Sequence[SessionPlace]
    ) -> tuple[SessionPlace, Held]:
        """Begin a final upload that nobody else makes meanwhile, of these. Raises Taken."""
        partials = [self._partial(place) for place in places]
        if not all(held.is_alive and held.row.is_whole for held in partials):
            raise not_joinable()
        size_bytes = sum(held.row.size_bytes for held in partials)
        if size_bytes == 0:
            raise empty_file()

        def claim(tx: Transaction, row: UploadSession) -> None:
            kept = queries.locked_uploads(tx.session, [held.row.id for held in partials])
            if queries.are_taken(tx.session, kept):
                raise Taken
            for each in kept:
                each.final_id = row.id
            self._joining.hold(tx, row.id)

        ids = [place.public_id for place in places]
        place = self._opened(destination, replace(wanted, size_bytes=size_bytes), ids, claim)
        return place, self._held(place)

    def _joined_earlier(self, destination: UploadPlace, partial_ids: Sequence[str]) -> UploadStanding | None:
        """Return the final upload of just these, None if there is none. Raises BeingCompleted."""
        partials = [self._partial(place_of(destination, public_id)) for public_id in partial_ids]
        finals = {held.kept.final_id for held in partials}
        if len(finals) != 1 or (final_id := finals.pop()) is None:
            return None
        with reading() as session:
            public_id = queries.public_id(session, final_id)
        place = place_of(destination, public_id)
        try:
            final = self._held(place)
        except SessionGone:
            return None
        if final.standing().partials != list(partial_ids):
            return None
        if not final.is_alive or final.row.is_whole:
            return self.look(place)
        if is_fenced(final.row, clock.now()):
            raise being_completed()
        self.terminate(place)  # whoever has made it has died
        return None

    def _partial(self, place: SessionPlace) -> Held:
        held = self._held(place)
        if held.kept.kind != Kind.PARTIAL:
            raise not_joinable()
        return held

    def _opened(
        self,
        destination: UploadPlace,
        wanted: WantedUpload,
        partial_ids: Sequence[str] = (),
        claim: Beside | None = None,
    ) -> SessionPlace:
        """Begin a session, with what the protocol keeps beside it."""
        kind = Kind.FINAL if partial_ids else Kind.PARTIAL if wanted.is_partial else Kind.WHOLE

        def beside(tx: Transaction, row: UploadSession) -> None:
            kept = TusUpload(session_id=row.id, kind=kind.value, said=wanted.said.encode())
            kept.partials = " ".join(partial_ids).encode() or None
            tx.session.add(kept)
            if claim is not None:
                claim(tx, row)

        spec = SessionSpec(wanted.spec, wanted.size_bytes, wanted.sha256)
        begun = self._begin.begin_appended(destination, spec, beside)
        return place_of(destination, begun.row.public_id)

    def _held(self, place: SessionPlace) -> Held:
        """Return an upload that has not come to nothing."""
        seen = self._sessions.look(place)
        with reading() as session:
            kept = queries.upload(session, seen.row.id)
        if kept is None:
            raise NotFound(text("there is no such upload session, or it is not visible to you"))
        if kept.is_terminated:
            raise gone(SessionState.ABORTED)
        if seen.row.state == SessionState.FAILED.value:
            raise gone(SessionState.FAILED)
        if is_over(seen.row) or seen.row.state not in {*ALIVE, SessionState.DONE.value}:
            raise ended(seen.row)
        return Held(seen.row, kept, seen.accepted)

    def _completed_at(self, place: SessionPlace, held: Held, offset: int) -> UploadStanding:
        """Complete an upload that lacks nothing else; whoever sends more bytes is told where it stands."""
        standing = self._completed(place, held.standing())
        if offset != standing.offset:
            raise OffsetMismatch(
                text("the upload goes on at byte {offset}", offset=standing.offset), offset=standing.offset
            )
        return standing

    def _completed(self, place: SessionPlace, standing: UploadStanding) -> UploadStanding:
        completed = self._completion.complete(place, NOTHING_SAID)
        if completed is None:
            raise being_completed()
        self._use_up(place, standing)
        return replace(standing, completed=completed, accepted=completed.accepted, expires_at=None)

    def _use_up(self, place: SessionPlace, standing: UploadStanding) -> None:
        """End the partial uploads that an accepted one was made of, whoever had it accepted.

        A failure changes nothing of the acceptance: whoever asks again does it, else they expire.
        """
        if standing.partials:
            places = [replace(place, public_id=public_id) for public_id in standing.partials]
            with suppress(AppError, SQLAlchemyError):
                atomically(lambda tx: self._joining.use_up(tx, places))

    @contextmanager
    def _given_up_on_failure(self, place: SessionPlace) -> Iterator[None]:
        """Give an upload up whose address nobody will learn; what cannot be given up now expires."""
        try:
            yield
        except BeingCompleted:
            raise  # by somebody who knows it
        except Exception:
            with suppress(AppError, SQLAlchemyError):
                self.terminate(place)
            raise


def place_of(destination: UploadPlace, public_id: str) -> SessionPlace:
    """Return where an upload is."""
    return SessionPlace(
        destination.actor, destination.project, destination.package, public_id, is_appended=True
    )


def grown(standing: UploadStanding, appended: Appended, incoming: IncomingBytes) -> UploadStanding:
    """Return how an upload stands after bytes have come."""
    return replace(
        standing,
        offset=appended.offset,
        size_bytes=standing.size_bytes if standing.size_bytes is not None else incoming.length_bytes,
        expires_at=appended.expires_at,
    )


def gone(state: SessionState) -> SessionGone:
    """Refuse an upload that has come to nothing."""
    return SessionGone(text("this upload session is over ({state}); begin another", state=state), state=state)


def being_completed() -> BeingCompleted:
    """Let a client wait while another request does what it asks for."""
    return BeingCompleted(text("this upload is being completed; ask again"), headers={"Retry-After": "1"})


def not_joinable() -> Invalid:
    """Refuse to make a final upload of these."""
    return Invalid.field("Upload-Concat", text("only partial uploads that are whole can be joined"))
