"""WeChat as one more way in to the account of somebody who is logged in."""

from datetime import datetime

from sqlalchemy.orm import Session

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, NotFound
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.users.reads import UserView, lock_person, user_view
from wxcloudrun.users.service.binding import the_user
from wxcloudrun.wechat import queries
from wxcloudrun.wechat.events import WECHAT_BOUND, WECHAT_UNBOUND
from wxcloudrun.wechat.gateway import WechatPerson
from wxcloudrun.wechat.models import WechatIdentity
from wxcloudrun.wechat.service.logins import WechatProof, WechatService, note_unionid


def forget(session: Session, user_id: int) -> bool:
    """Let the WeChat user who was this person be anybody again; False if there was none."""
    return queries.forget_wechat_identity(session, user_id)


class WechatBindingService:
    """Binds WeChat users. Who has an account of their own is never taken over: there is no merging."""

    def __init__(self, *, wechat: WechatService, guard: LoginGuard) -> None:
        self._wechat = wechat
        self._guard = guard

    def bind_wechat(self, actor: Actor, proof: WechatProof) -> UserView:
        """Let the person behind the code in to the caller's account, in the place of who was bound before.

        Raises Conflict if that person has another account, ProofNeeded, Forbidden for an API key, and what a
        login by WeChat raises.
        """
        user_id = actor.require_proof()
        with self._guard.wechat_attempt(actor):
            person = self._wechat.person(proof)
        return atomically(lambda tx: self._bind_wechat(tx, actor, user_id, person))

    def bound_at(self, actor: Actor) -> datetime | None:
        """Return since when a WeChat user is bound to the caller's account, None if nobody is.

        Raises Unauthorized, Forbidden for an API key.
        """
        user_id = actor.require_login()
        with reading() as session:
            return queries.bound_at(session, user_id)

    def unbind_wechat(self, actor: Actor) -> None:
        """Let no WeChat user in to the caller's account any more.

        Raises ProofNeeded, NotFound if nobody is bound, Conflict if there is no other way in.
        """
        user_id = actor.require_proof()

        def work(tx: Transaction) -> None:
            user = the_user(lock_person(tx.session, user_id))
            if queries.wechat_identity_of(tx.session, user_id) is None:
                raise NotFound(text("no WeChat user is bound to this account"))
            if not user.has_password:
                raise Conflict(text("this is the only way in; bind an e-mail address with a password first"))
            queries.forget_wechat_identity(tx.session, user_id)
            announce(tx, actor, WECHAT_UNBOUND, Subject(f"user/{user_id}"))

        atomically(work)

    def _bind_wechat(self, tx: Transaction, actor: Actor, user_id: int, person: WechatPerson) -> UserView:
        user = the_user(lock_person(tx.session, user_id))
        owner = queries.wechat_identity(tx.session, person.openid)
        if owner is not None and owner.user_id != user_id:
            raise Conflict(text("this WeChat user has an account of their own"), field="code")
        if owner is None:
            former = queries.wechat_identity_of(tx.session, user_id)
            if former is not None:
                tx.session.delete(former)
                tx.session.flush()
            tx.session.add(
                WechatIdentity(
                    openid=person.openid, user_id=user_id, unionid=person.unionid, bound_at=clock.now()
                )
            )
            state = {"replaces_another": former is not None}
            announce(tx, actor, WECHAT_BOUND, Subject(f"user/{user_id}"), after=state)
        else:
            note_unionid(tx, actor, owner, person)
        tx.session.flush()
        return user_view(user)
