"""Getting in by WeChat: the person behind a code is found, or signed up at first sight."""

from dataclasses import dataclass

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit import ids
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.errors import Forbidden, Invalid, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.second_factors.rules import NO_CODE, SecondFactorCode
from wxcloudrun.sessions.service.proofs import ProofService
from wxcloudrun.sessions.service.second_step import second_step
from wxcloudrun.sessions.service.sessions import LoggedIn, Opening, SessionService
from wxcloudrun.users.events import USER_REGISTERED
from wxcloudrun.users.reads import User, person
from wxcloudrun.users.service.users import free_name, new_user
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
        proofs: ProofService,
        guard: LoginGuard,
        registration_enabled: bool,
    ) -> None:
        self._gateway = gateway
        self._sessions = sessions
        self._proofs = proofs
        self._guard = guard
        self._registration_enabled = registration_enabled

    def log_in(
        self,
        actor: Actor,
        proof: WechatProof,
        *,
        code: SecondFactorCode = NO_CODE,
        device: str | None = None,
    ) -> LoggedIn:
        """Open a session; a person whom WeChat names for the first time becomes a user.

        Raises Unauthorized (also for a user who is not active), Forbidden (WeChat blocks them, or
        registration is closed), SecondFactorNeeded, TooManyRequests, Invalid without a code, Unavailable.
        """
        with self._guard.wechat_attempt(actor):
            found = self.person(proof)
            user = atomically(lambda tx: self._user(tx, actor, found))
            if user is None or not user.is_active:
                raise may_not_log_in()
        # Behind the attempt, which was right: whoever has still to bring a code has failed at nothing.
        with second_step(self._guard, actor, user, code) as step:
            opened = self._sessions.open(
                actor,
                user.id,
                Opening("wechat", code, device),
                admits=lambda tx, user: is_bound(tx, found, user.id),  # may have been unbound meanwhile
            )
            step.succeeded = opened is not None
        if opened is None:
            raise may_not_log_in()
        return opened

    def prove(self, actor: Actor, wechat_code: str, code: SecondFactorCode) -> None:
        """Prove who is there by a fresh code of WeChat, and the second factor of somebody who has one.

        Raises Unauthorized for the code of somebody else, and what a login by WeChat and a proof raise.
        """
        user = self._proofs.user_of(actor)
        with self._guard.wechat_attempt(actor):
            found = self.person(WechatProof(wechat_code))
            if not atomically(lambda tx: is_bound(tx, found, user.id)):
                raise Unauthorized(text("this is not the WeChat user of this account"))
        self._proofs.prove(
            actor, user, code, way="wechat", admits=lambda tx, user: is_bound(tx, found, user.id)
        )

    def person(self, proof: WechatProof) -> WechatPerson:
        """Return who it is, no transaction being open. Raises what the gateway raises, and Invalid."""
        if proof.stated is not None:
            return proof.stated
        if proof.code is None:
            raise Invalid.field("code", text("missing"))
        return self._gateway.person_behind(proof.code)

    def _user(self, tx: Transaction, actor: Actor, found: WechatPerson) -> User | None:
        identity = queries.wechat_identity(tx.session, found.openid)
        if identity is None:
            return self._sign_up(tx, actor, found)
        note_unionid(tx, actor, identity, found)
        return person(tx.session, identity.user_id)

    def _sign_up(self, tx: Transaction, actor: Actor, person: WechatPerson) -> User:
        if not self._registration_enabled:
            raise Forbidden(text("registration is closed; ask an administrator for an account"))
        name = free_name(tx, f"wechat-{ids.new_id()[:NAME_LETTERS]}")
        user = new_user(email=None, username=name, password_hash=None)
        tx.session.add(user)
        tx.session.flush()
        tx.session.add(
            WechatIdentity(
                openid=person.openid, user_id=user.id, unionid=person.unionid, bound_at=user.created_at
            )
        )
        announce(tx, actor, USER_REGISTERED, Subject(f"user/{user.id}"), after={"way": "wechat"})
        tx.session.flush()
        return user


def may_not_log_in() -> Unauthorized:
    """Refuse a user who was deactivated or has gone."""
    return Unauthorized(text("this user may not log in; ask an administrator"))


def is_bound(tx: Transaction, found: WechatPerson, user_id: int) -> bool:
    """Tell whether a WeChat user gets in to this account."""
    identity = queries.wechat_identity(tx.session, found.openid)
    return identity is not None and identity.user_id == user_id


def note_unionid(tx: Transaction, actor: Actor, identity: WechatIdentity, person: WechatPerson) -> None:
    """Write down who somebody is to all programs of the publisher; it comes once those have been linked."""
    if person.unionid is None or person.unionid == identity.unionid:
        return
    state = {"replaces_another": identity.unionid is not None}
    identity.unionid = person.unionid
    announce(tx, actor, WECHAT_LINKED, Subject(f"user/{identity.user_id}"), after=state)
