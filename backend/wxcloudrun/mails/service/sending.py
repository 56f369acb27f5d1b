"""Mail goes out behind the answer, by jobs that say whose and what for: a token is made when it is sent."""

import secrets
from collections.abc import Mapping
from typing import Any

from wxcloudrun.jobs.errors import JobFailed, JobPutOff
from wxcloudrun.jobs.rules import JsonValue
from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit.db import Transaction, atomically
from wxcloudrun.kit.texts import text
from wxcloudrun.mails.errors import MailOff
from wxcloudrun.mails.rules import (
    TokenPurpose,
    in_all_languages,
    notice_text,
    recovery_text,
    verification_text,
)
from wxcloudrun.mails.service.tokens import MailedTokens
from wxcloudrun.net.mail import Mail, Mailer, MailFailed, MailRefused
from wxcloudrun.users.reads import User, person

TOKEN_JOB, NOTICE_JOB = "mail-token", "mail-notice"
ATTEMPTS = 10  # over three quarters of an hour
NOBODY = 0  # whose mail is not sent
LEAST_DELAY_SECONDS, MOST_DELAY_SECONDS = 1, 15


class MailQueue:
    """Puts mail down to be sent, if there is a server that takes it."""

    def __init__(self, *, jobs: JobQueue, is_on: bool) -> None:
        self._jobs = jobs
        self.is_on = is_on

    def require(self) -> None:
        """Raise MailOff, to everybody and for everything, if nothing is sent here."""
        if not self.is_on:
            raise MailOff(text("this service sends no mail; ask an administrator"))

    def mail_token(self, tx: Transaction, user_id: int, purpose: TokenPurpose) -> None:
        """Let a token be mailed to the address of somebody, or of NOBODY: that looks and lasts the same.

        It is sent some seconds later, nobody knows how many. Sending takes the processor for a while, and
        whoever sent the next requests at once would see by their time that there is somebody.
        """
        delay = secrets.SystemRandom().uniform(LEAST_DELAY_SECONDS, MOST_DELAY_SECONDS)
        said = {"user_id": user_id, "purpose": purpose.value}
        self._put_down(tx, TOKEN_JOB, said, delay_seconds=delay)

    def mail_notice(self, tx: Transaction, to: str, notice: Mapping[str, JsonValue]) -> None:
        """Let an address hear of a change."""
        self._put_down(tx, NOTICE_JOB, {"to": to, **notice})

    def _put_down(
        self, tx: Transaction, kind: str, arguments: Mapping[str, JsonValue], *, delay_seconds: float = 0
    ) -> None:
        self._jobs.enqueue(tx, kind, arguments, max_attempts=ATTEMPTS, delay_seconds=delay_seconds)


class SendingService:
    """Writes mails and hands them over. One may arrive twice, then with a token of its own."""

    def __init__(self, *, mailer: Mailer | None, tokens: MailedTokens, base_url: str) -> None:
        self._mailer = mailer
        self._tokens = tokens
        self._base_url = base_url

    def send_token(self, user_id: int, purpose: TokenPurpose) -> None:
        """Mail a fresh token, if whom it is for may have one now. Raises JobFailed, JobPutOff."""

        def work(tx: Transaction) -> Mail | None:
            user = person(tx.session, user_id)
            if user is None or user.email is None or not may_have(user, purpose):
                return None
            token = self._tokens.issue(tx, user.id, user.email, purpose)
            return self._mail_with(user.email, purpose, token)

        if (mail := atomically(work)) is not None:
            self._send(mail)

    def send_notice(self, notice: Mapping[str, Any]) -> None:
        """Mail what has changed. Raises JobFailed, JobPutOff."""
        body = notice_text(self._base_url, notice["what"], notice["at"], notice["address"] or "?")
        self._send(Mail(notice["to"], "Your account has changed / 您的账户有变动", in_all_languages(body)))

    def _mail_with(self, email: str, purpose: TokenPurpose, token: str) -> Mail:
        if purpose is TokenPurpose.RECOVERY:
            body = in_all_languages(recovery_text(self._base_url, token))
            return Mail(email, "Set a new password / 设置新密码", body)
        body = in_all_languages(verification_text(self._base_url, token))
        return Mail(email, "Verify your e-mail address / 验证您的电子邮箱", body)

    def _send(self, mail: Mail) -> None:
        if self._mailer is None:
            raise JobFailed("the settings name no server for mail any more")
        try:
            self._mailer.send(mail)
        except MailRefused as error:
            raise JobFailed(str(error)) from None
        except MailFailed as error:
            raise JobPutOff(str(error)) from None


def may_have(user: User, purpose: TokenPurpose) -> bool:
    """Tell whether somebody may be mailed a token for this.

    An address that nobody has verified may be mistyped, and then it is somebody else's: no way in is mailed
    there.
    """
    is_verified = user.email_verified_at is not None
    return user.is_active and is_verified == (purpose is TokenPurpose.RECOVERY)
