"""One more way in to the account of somebody who is logged in: WeChat, or an address with a password."""

from wxcloudrun.accounts import queries
from wxcloudrun.accounts.gateway import WechatPerson
from wxcloudrun.accounts.models import User, WechatIdentity
from wxcloudrun.accounts.queries import UserView
from wxcloudrun.accounts.rules import check_password
from wxcloudrun.accounts.service.guard import LoginGuard
from wxcloudrun.accounts.service.passwords import Passwords
from wxcloudrun.accounts.service.users import refuse_taken
from wxcloudrun.accounts.service.wechat import WechatProof, WechatService
from wxcloudrun.audit.service.record import record
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Forbidden, Invalid, Unauthorized
from wxcloudrun.kit.security import Actor, CredentialKind


class BindingService:
    """Binds ways in. What belongs to one account is never taken over by another: there is no merging."""

    def __init__(self, *, wechat: WechatService, passwords: Passwords, guard: LoginGuard) -> None:
        self._wechat = wechat
        self._passwords = passwords
        self._guard = guard

    def bind_wechat(self, actor: Actor, proof: WechatProof) -> UserView:
        """Let the person behind the code in to the caller's account, in the place of who was bound before.

        Raises Conflict if that person has another account, Forbidden for an API key, and what a login
        by WeChat raises.
        """
        user_id = person_logged_in(actor)
        with self._guard.wechat_attempt(actor):
            person = self._wechat.person(proof)
        return atomically(lambda tx: self._bind_wechat(tx, actor, user_id, person))

    def bind_email(self, actor: Actor, email: str, password: str) -> UserView:
        """Give the account this address and, if it has no password, this one.

        An account that has a password keeps it, and it has to be the one that is given. Raises Conflict
        if the address belongs to another account, Invalid for a password that cannot be one, Forbidden
        for a wrong one and for an API key, TooManyRequests.
        """
        user_id = person_logged_in(actor)
        with reading() as session:
            stored = the_user(queries.user(session, user_id)).password_hash
        if stored is None:
            fresh_hash = self._passwords.hash(acceptable(password))
        else:
            fresh_hash = stored
            self._verify(actor, user_id, stored, password)

        def work(tx: Transaction) -> UserView:
            user = the_user(queries.lock_user(tx.session, user_id))
            if user.password_hash != stored:
                raise Conflict("the password was changed meanwhile; try again")
            if user.email != email:
                refuse_taken(tx, email)
            before = {"email": user.email, "has_password": stored is not None}
            user.email, user.password_hash = email, fresh_hash
            record(
                tx,
                actor,
                "email.bound",
                f"user/{user_id}",
                before=before,
                after={"email": email, "has_password": True},
            )
            tx.session.flush()
            return queries.user_view(user)

        return atomically(work)

    def _verify(self, actor: Actor, user_id: int, stored: str, password: str) -> None:
        with (
            self._passwords.turn(),
            self._guard.attempt(actor, f"#{user_id}", user_id=user_id) as attempt,
        ):
            attempt.succeeded = self._passwords.verify(stored, password)
        if not attempt.succeeded:
            raise Forbidden("this account has a password, and it is not this one")

    def _bind_wechat(self, tx: Transaction, actor: Actor, user_id: int, person: WechatPerson) -> UserView:
        user = the_user(queries.lock_user(tx.session, user_id))
        owner = queries.wechat_identity(tx.session, person.openid)
        if owner is not None and owner.user_id != user_id:
            raise Conflict("this WeChat user has an account of their own", field="code")
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
            record(tx, actor, "wechat.bound", f"user/{user_id}", after=state)
        elif person.unionid is not None:
            owner.unionid = person.unionid
        tx.session.flush()
        return queries.user_view(user)


def person_logged_in(actor: Actor) -> int:
    """Return who is logged in.

    Raises Unauthorized for nobody and Forbidden for an API key: with a way in of its own it would have
    made itself stronger, and would outlive its revocation.
    """
    if actor.user_id is None:
        raise Unauthorized("log in")
    if actor.credential is CredentialKind.API_KEY:
        raise Forbidden("an API key cannot change how its owner logs in; log in yourself")
    return actor.user_id


def the_user(user: User | None) -> User:
    """Return the user. Raises Unauthorized if they were deleted this very moment."""
    if user is None:
        raise Unauthorized("log in")
    return user


def acceptable(password: str) -> str:
    """Return a new password. Raises Invalid that says what one must be."""
    try:
        return check_password(password)
    except ValueError as error:
        raise Invalid.field("password", str(error)) from None
