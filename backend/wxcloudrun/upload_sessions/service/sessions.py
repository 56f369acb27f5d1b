"""Looking at an upload that comes in parts, and giving it up."""

from dataclasses import dataclass

from wxcloudrun.artifacts.service.intake import IntakeService
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.service import PackageService
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.stores.blobs.writing import ResumableWriter, WriterState
from wxcloudrun.upload_sessions import queries
from wxcloudrun.upload_sessions.events import UPLOAD_SESSION_ABORTED
from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.queries import UnfinishedUpload
from wxcloudrun.upload_sessions.service.endings import cancel, forget_parts, let_go
from wxcloudrun.upload_sessions.service.entry import SessionDoor, SessionPlace, is_fenced, state_now, state_of
from wxcloudrun.uploads.service.acceptance import AcceptedUpload, UploadAcceptance


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """A session as its owner sees it; `token` only when it has just begun, `accepted` when it is done."""

    row: UploadSession
    project: str
    package: str
    most_bytes: int
    token: str | None = None
    accepted: AcceptedUpload | None = None

    @property
    def state(self) -> str:
        """What it is now."""
        return state_now(self.row)


class UploadSessionService:
    """Shows sessions and gives them up."""

    def __init__(
        self,
        *,
        packages: PackageService,
        door: SessionDoor,
        intake: IntakeService,
        acceptance: UploadAcceptance,
        blobs: BlobStore,
    ) -> None:
        self._packages = packages
        self._door = door
        self._intake = intake
        self._acceptance = acceptance
        self._blobs = blobs

    def page(
        self, actor: Actor, project: str, package: str, page: PageRequest[int]
    ) -> Page[UnfinishedUpload]:
        """List the caller's own sessions in a package that have not ended, of both kinds, newest first.

        Raises Unauthorized, NotFound, Forbidden.
        """
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            return queries.page_of_unfinished(session, found.id, actor.user_id, page)

    def look(self, place: SessionPlace) -> SessionSeen:
        """Show a session. Raises Unauthorized, NotFound, Forbidden."""
        with reading() as session:
            entered = self._door.look(session, place)
            accepted = None
            if entered.row.upload_id is not None:
                accepted = self._acceptance.receipt(
                    session, place.actor, entered.found, entered.row.upload_id
                )
            return SessionSeen(
                entered.row, place.project, place.package, self._intake.most_bytes, accepted=accepted
            )

    def abort(self, place: SessionPlace) -> None:
        """Give a session up; one that has ended stays as it is.

        Raises Unauthorized, NotFound, Forbidden, or Conflict while somebody completes it.
        """

        def work(tx: Transaction) -> tuple[int, ResumableWriter] | None:
            entered = self._door.enter(tx.session, place)
            row, now = entered.row, clock.now()
            if row.state not in queries.ALIVE:
                return None
            if is_fenced(row, now):
                raise Conflict(text("this upload is being completed; ask for its state"))
            let_go(tx, row, SessionState.ABORTED, now)
            announce(tx, place.actor, UPLOAD_SESSION_ABORTED, entered.subject, before=state_of(row))
            return row.id, self._blobs.resume(WriterState.of_text(row.writer))

        given_up = atomically(work)
        if given_up is not None:
            session_id, writer = given_up
            cancel(writer)
            forget_parts(session_id)
