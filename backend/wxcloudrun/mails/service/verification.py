"""Proving that one reads what arrives at the address of one's account."""

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.mails.events import EMAIL_VERIFIED
from wxcloudrun.mails.rules import TokenPurpose
from wxcloudrun.mails.service.recovery import void
from wxcloudrun.mails.service.sending import MailQueue
from wxcloudrun.mails.service.tokens import MailedTokens, is_outdated
from wxcloudrun.users.reads import lock_person, person

PURPOSE = TokenPurpose.VERIFICATION


class VerificationService:
    """Mails tokens to addresses, and takes them from who is logged in to their account."""

    def __init__(self, *, mail_queue: MailQueue, tokens: MailedTokens, guard: LoginGuard) -> None:
        self._queue = mail_queue
        self._tokens = tokens
        self._guard = guard

    def ask(self, actor: Actor) -> None:
        """Let a token be mailed to the caller's address.

        Raises Forbidden for an API key, Conflict if there is no address or it is verified, MailOff,
        TooManyRequests.
        """
        user_id = actor.require_login()
        self._queue.require()
        with reading() as session:
            user = person(session, user_id)
        if user is None:
            raise Unauthorized(text("log in"))
        if user.email is None or user.email_verified_at is not None:
            raise Conflict(text("there is no e-mail address to verify"))
        self._guard.count_mail(actor, user.email)
        atomically(lambda tx: self._queue.mail_token(tx, user_id, PURPOSE))

    def confirm(self, actor: Actor, token: str) -> None:
        """Note that the caller reads what arrives at their address: from then on it recovers the account.

        A token is good for the account that it was made for, and in nobody's hands but its owner's: a
        stranger to whom a mistyped address belongs has no login there. Raises ProofNeeded, Unauthorized
        for a token that is none or was used, TooManyRequests, MailOff.
        """
        user_id = actor.require_proof()
        self._queue.require()
        self._guard.count_mailed_token(actor)

        def work(tx: Transaction) -> bool:
            row = lock_person(tx.session, user_id)
            kept = self._tokens.find(tx.session, token, PURPOSE)
            if row is None or kept is None or kept.user_id != row.id or is_outdated(kept, row, PURPOSE):
                return False
            if not self._tokens.use(tx, kept, PURPOSE):
                return False
            row.email_verified_at = clock.now()
            announce(tx, actor, EMAIL_VERIFIED, Subject(f"user/{row.id}"), after={"email": row.email})
            return True

        if not atomically(work):
            raise void()
