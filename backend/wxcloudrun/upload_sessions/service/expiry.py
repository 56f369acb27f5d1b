"""Sessions whose time is over, and receipts that nobody asks for any more."""

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import SYSTEM
from wxcloudrun.stores.blobs.port import BlobStore
from wxcloudrun.stores.blobs.writing import ResumableWriter, WriterState
from wxcloudrun.upload_sessions import queries
from wxcloudrun.upload_sessions.events import UPLOAD_SESSION_EXPIRED
from wxcloudrun.upload_sessions.models import SessionState, UploadSession
from wxcloudrun.upload_sessions.service.endings import cancel, let_go
from wxcloudrun.upload_sessions.service.entry import FENCE, LONGEST_LIFE, state_of

BATCH = 20  # each may have 10 000 rows of parts


class UploadExpiryService:
    """Ends what nobody goes on with."""

    def __init__(self, *, blobs: BlobStore) -> None:
        self._blobs = blobs

    def run(self) -> int:
        """Let sessions expire and forget old receipts; return how many of both there were."""
        ended = 0
        while count := self._run_some():
            ended += count
        return ended

    def _run_some(self) -> int:
        writers: list[ResumableWriter] = []

        def work(tx: Transaction) -> int:
            writers.clear()
            now = clock.now()
            rows = queries.over(tx.session, now, longest=LONGEST_LIFE, fence=FENCE, limit=BATCH)
            for row in rows:
                queries.forget_parts(tx.session, row.id)
                if row.state in queries.ALIVE:
                    writers.append(self._expire(tx, row))
                else:
                    tx.session.delete(row)
            tx.session.flush()
            return len(rows)

        count = atomically(work)
        for writer in writers:
            cancel(writer)
        return count

    def _expire(self, tx: Transaction, row: UploadSession) -> ResumableWriter:
        before = state_of(row)
        let_go(tx, row, SessionState.EXPIRED, clock.now())
        announce(
            tx,
            SYSTEM,
            UPLOAD_SESSION_EXPIRED,
            subject_of(tx, row),
            before=before,
        )
        return self._blobs.resume(WriterState.of_text(row.writer))


def subject_of(tx: Transaction, row: UploadSession) -> Subject:
    """Return how the audit log calls a session, the same as while it lived."""
    place = queries.path_of_package(tx.session, row.package_id)
    within = "" if place is None else f"{place}/"
    return Subject(f"{within}upload-session/{row.public_id}", row.package_id)
