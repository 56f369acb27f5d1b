"""Ending everything that lets somebody in, when they fear for their account or an administrator resets it."""

from sqlalchemy.orm import Session

from wxcloudrun.keys.service.keys import revoke_all_of
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.second_factors.service import enrolment
from wxcloudrun.sessions.service.sessions import SessionService
from wxcloudrun.upload_sessions.service.endings import expire_all_of
from wxcloudrun.users.reads import User, lock_person
from wxcloudrun.users.service.binding import the_user
from wxcloudrun.ways_in.events import WAYS_IN_ENDED
from wxcloudrun.wechat.service import binding


class EndingService:
    """Ends ways in, all at once and in one transaction."""

    def __init__(self, *, sessions: SessionService) -> None:
        self._sessions = sessions

    def end_everything(self, actor: Actor, *, keep_session: bool) -> None:
        """End the caller's sessions, keys and unfinished uploads, and WeChat if a password stays.

        The session of the caller stays if they ask for it. Raises ProofNeeded.
        """
        user_id = actor.require_proof()

        def work(tx: Transaction) -> None:
            user = the_user(lock_person(tx.session, user_id))
            self.end(tx, actor, user, but=actor.session_id if keep_session else None, is_reset=False)

        atomically(work)

    def end(self, tx: Transaction, actor: Actor, user: User, *, but: str | None, is_reset: bool) -> None:
        """End everything of a user, who is locked, but for the session named.

        After a reset the password is the only way in. Otherwise a WeChat user stays who is the only way in,
        and so does the second factor: the password alone would be worth less than before.
        """
        now = clock.now()
        self._sessions.end_all(tx.session, user.id, but=but, now=now)
        ended = {
            "keys": revoke_all_of(tx.session, user.id, now),
            "uploads": expire_all_of(tx.session, user.id, now),
            "wechat": forgot_wechat(tx.session, user, is_reset=is_reset),
            "second_factor": is_reset and enrolment.forget(tx.session, user),
            "reset": is_reset,
        }
        announce(tx, actor, WAYS_IN_ENDED, Subject(f"user/{user.id}"), after=ended)


def forgot_wechat(session: Session, user: User, *, is_reset: bool) -> bool:
    """Unbind the WeChat user of somebody, unless that is how they come in; tell whether there was one."""
    return (is_reset or user.has_password) and binding.forget(session, user.id)
