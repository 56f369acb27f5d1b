"""Getting back into an account whose password is lost, by what is mailed to its verified address."""

from dataclasses import replace

from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.mails.events import PASSWORD_RECOVERED
from wxcloudrun.mails.rules import TokenPurpose
from wxcloudrun.mails.service.sending import NOBODY, MailQueue, may_have
from wxcloudrun.mails.service.tokens import MailedTokens, is_outdated
from wxcloudrun.second_factors.rules import SecondFactorCode
from wxcloudrun.second_factors.service.codes import SecondFactorCodes
from wxcloudrun.sessions.service.second_step import second_step
from wxcloudrun.users.reads import User, lock_person, person, user_by_email
from wxcloudrun.users.service.passwords import Passwords
from wxcloudrun.ways_in.service.ending import EndingService

PURPOSE = TokenPurpose.RECOVERY


class PasswordRecoveryService:
    """Mails tokens for lost passwords, and takes them."""

    def __init__(
        self,
        *,
        mail_queue: MailQueue,
        tokens: MailedTokens,
        passwords: Passwords,
        codes: SecondFactorCodes,
        guard: LoginGuard,
        ending: EndingService,
    ) -> None:
        self._queue = mail_queue
        self._tokens = tokens
        self._passwords = passwords
        self._codes = codes
        self._guard = guard
        self._ending = ending

    def ask(self, actor: Actor, email: str) -> None:
        """Let a token be mailed, if an active account has verified this address.

        What happens before the answer is the same for every address: one question, and one job. Raises
        MailOff, TooManyRequests.
        """
        self._queue.require()
        self._guard.count_mail(actor, email)

        def work(tx: Transaction) -> None:
            user = user_by_email(tx.session, email)
            self._queue.mail_token(tx, NOBODY if user is None else user.id, PURPOSE)

        atomically(work)

    def complete(self, actor: Actor, token: str, password: str, code: SecondFactorCode) -> None:
        """Set a new password and end every way in but the second factor, which is asked for.

        Raises Unauthorized for a token that is none, was used or has expired; SecondFactorNeeded, after
        which the token is still good; Invalid for a password that is little more than a name; MailOff,
        TooManyRequests.
        """
        self._queue.require()
        self._guard.count_mailed_token(actor)
        user = self._owner(token)
        by = replace(actor, user_id=user.id)
        names = (user.email, user.username)
        password_hash = self._passwords.hash_new(password, *names, field="new_password")

        def work(tx: Transaction) -> bool:
            row = lock_person(tx.session, user.id)
            kept = self._tokens.find(tx.session, token, PURPOSE)
            if row is None or kept is None or not may_have(row, PURPOSE):
                return False
            if is_outdated(kept, row, PURPOSE):
                return False
            if not self._codes.admit(tx, by, row, code) or not self._tokens.use(tx, kept, PURPOSE):
                return False
            row.password_hash = password_hash
            announce(tx, by, PASSWORD_RECOVERED, Subject(f"user/{row.id}"))
            self._ending.end(tx, by, row, but=None, is_reset=False)
            return True

        with second_step(self._guard, actor, user, code) as step:
            step.succeeded = atomically(work)
        if not step.succeeded:
            raise void()

    def _owner(self, token: str) -> User:
        with reading() as session:
            kept = self._tokens.find(session, token, PURPOSE)
            user = None if kept is None else person(session, kept.user_id)
        if user is None:
            raise void()
        return user


def void() -> Unauthorized:
    """Return the refusal of a token, whatever is wrong with it."""
    return Unauthorized(text("the token is not valid or no longer valid; ask for another mail"))
