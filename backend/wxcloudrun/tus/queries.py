"""Every SELECT on what the tus protocol keeps."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wxcloudrun.tus.models import TusUpload
from wxcloudrun.upload_sessions.reads import UploadSession


def upload(session: Session, session_id: int) -> TusUpload | None:
    """Return what is kept of an upload session."""
    return session.get(TusUpload, session_id)


def public_id(session: Session, session_id: int) -> str:
    """Return by what a client knows a session."""
    return session.execute(select(UploadSession.public_id).where(UploadSession.id == session_id)).scalar_one()


def join(session: Session, session_ids: Sequence[int], final_id: int) -> None:
    """Write down that partial uploads have gone into a final one."""
    statement = update(TusUpload).where(TusUpload.session_id.in_(session_ids))
    session.execute(statement.values(final_id=final_id))
