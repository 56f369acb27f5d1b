"""Every SELECT on what the tus protocol keeps."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from wxcloudrun.tus.models import TusUpload
from wxcloudrun.upload_sessions.reads import ALIVE, SessionState, UploadSession


def upload(session: Session, session_id: int) -> TusUpload | None:
    """Return what is kept of an upload session."""
    return session.get(TusUpload, session_id)


def public_id(session: Session, session_id: int) -> str:
    """Return by what a client knows a session."""
    return session.execute(select(UploadSession.public_id).where(UploadSession.id == session_id)).scalar_one()


def locked_uploads(session: Session, session_ids: Sequence[int]) -> Sequence[TusUpload]:
    """Return what is kept of upload sessions for a change, in one order for everybody."""
    statement = select(TusUpload).where(TusUpload.session_id.in_(session_ids)).order_by(TusUpload.session_id)
    locked = statement.with_for_update().execution_options(populate_existing=True)
    return session.execute(locked).scalars().all()


def are_taken(session: Session, partials: Sequence[TusUpload]) -> bool:
    """Tell whether a final upload that has not come to nothing is made of some of these.

    The rows are read as they are now, not as they were when the transaction began.
    """
    finals = {each.final_id for each in partials} - {None}
    standing = (*ALIVE, SessionState.DONE.value)
    statement = select(UploadSession.id).where(
        UploadSession.id.in_(finals), UploadSession.state.in_(standing)
    )
    return bool(session.execute(statement.with_for_update(read=True)).scalars().all())
