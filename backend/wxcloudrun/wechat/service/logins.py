"""Getting in by WeChat: the person behind a code is found, or signed up at first sight."""

from dataclasses import dataclass

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit import ids
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import Forbidden, Invalid, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.sessions.service.sessions import LoggedIn, SessionService
from wxcloudrun.users.events import USER_REGISTERED
from wxcloudrun.users.service.users import new_user
from wxcloudrun.wechat import queries
from wxcloudrun.wechat.events import WECHAT_LINKED
from wxcloudrun.wechat.gateway import WechatGateway, WechatPerson
from wxcloudrun.wechat.models import WechatIdentity

NAME_LETTERS = 8


@dataclass(frozen=True, slots=True)
class WechatProof:
    """What a request brings: a code to ask WeChat about, or the person whom a trusted gateway states."""

    code: str | None = None
    stated: WechatPerson | None = None


class WechatService:
    """Logs people in by WeChat."""

    def __init__(
        self,
        *,
        gateway: WechatGateway,
        sessions: SessionService,
        guard: LoginGuard,
        registration_enabled: bool,
    ) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._guard = guard
        self._registration_enabled = registration_enabled

    def log_in(self, actor: Actor, proof: WechatProof) -> LoggedIn:
        """Open a session; a person whom WeChat names for the first time becomes a user.

        Raises Unauthorized (also for a user who is not active), Forbidden (WeChat blocks them, or
        registration is closed), TooManyRequests, Invalid without a code, Unavailable.
        """
        with self._guard.wechat_attempt(actor):
            person = self.person(proof)
            user_id = atomically(lambda tx: self._user_id(tx, actor, person))
            opened = self._sessions.open(actor, user_id, way="wechat")
            if opened is None:
                raise Unauthorized(text("this user may not log in; ask an administrator"))
        return opened

    def person(self, proof: WechatProof) -> WechatPerson:
        """Return who it is, no transaction being open. Raises what the gateway raises, and Invalid."""
        if proof.stated is not None:
            return proof.stated
        if proof.code is None:
            raise Invalid.field("code", text("missing"))
        return self._gateway.person_behind(proof.code)

    def _user_id(self, tx: Transaction, actor: Actor, person: WechatPerson) -> int:
        identity = queries.wechat_identity(tx.session, person.openid)
        if identity is None:
            return self._sign_up(tx, actor, person)
        note_unionid(tx, actor, identity, person)
        return identity.user_id

    def _sign_up(self, tx: Transaction, actor: Actor, person: WechatPerson) -> int:
        if not self._registration_enabled:
            raise Forbidden(text("registration is closed; ask an administrator for an account"))
        user = new_user(email=None, username=f"wechat-{ids.new_id()[:NAME_LETTERS]}", password_hash=None)
        tx.session.add(user)
        tx.session.flush()
        tx.session.add(
            WechatIdentity(
                openid=person.openid, user_id=user.id, unionid=person.unionid, bound_at=user.created_at
            )
        )
        announce(tx, actor, USER_REGISTERED, Subject(f"user/{user.id}"), after={"way": "wechat"})
        tx.session.flush()
        return user.id


def note_unionid(tx: Transaction, actor: Actor, identity: WechatIdentity, person: WechatPerson) -> None:
    """Write down who somebody is to all programs of the publisher; it comes once those have been linked."""
    if person.unionid is None or person.unionid == identity.unionid:
        return
    state = {"replaces_another": identity.unionid is not None}
    identity.unionid = person.unionid
    announce(tx, actor, WECHAT_LINKED, Subject(f"user/{identity.user_id}"), after=state)
