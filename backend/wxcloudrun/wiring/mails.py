"""Mail to people: recovery, verification, notices, and what sends them."""

from dataclasses import dataclass

from wxcloudrun.config import Settings
from wxcloudrun.mails.service.recovery import PasswordRecoveryService
from wxcloudrun.mails.service.sending import MailQueue, SendingService
from wxcloudrun.mails.service.tokens import MailedTokens
from wxcloudrun.mails.service.verification import VerificationService
from wxcloudrun.net.mail import Mailer, SmtpMailer, SmtpServer
from wxcloudrun.secrecy.derived_keys import Purpose
from wxcloudrun.wiring.foundation import FoundationServices
from wxcloudrun.wiring.logins import LoginDoor, LoginServices
from wxcloudrun.wiring.secrets import server_keys


@dataclass(frozen=True)
class MailServices:
    """The services of mail."""

    mail_queue: MailQueue
    tokens: MailedTokens
    sending: SendingService
    recovery: PasswordRecoveryService
    verification: VerificationService


def build_mails(
    settings: Settings, foundation: FoundationServices, door: LoginDoor, logins: LoginServices
) -> MailServices:
    """Build what puts mail down, what sends it, and what takes the tokens in it."""
    mailer = build_mailer(settings)
    mail_queue = MailQueue(jobs=foundation.jobs, is_on=mailer is not None)
    tokens = MailedTokens(server_keys(settings).ring(Purpose.MAILED_LINKS))
    return MailServices(
        mail_queue=mail_queue,
        tokens=tokens,
        sending=SendingService(mailer=mailer, tokens=tokens, base_url=settings.base_url),
        recovery=PasswordRecoveryService(
            mail_queue=mail_queue,
            tokens=tokens,
            passwords=door.passwords,
            codes=logins.codes,
            guard=door.guard,
            ending=logins.ending,
        ),
        verification=VerificationService(mail_queue=mail_queue, tokens=tokens, guard=door.guard),
    )


def build_mailer(settings: Settings) -> Mailer | None:
    """Return the way to a server for mail, if the settings name one."""
    if settings.smtp_host is None or settings.smtp_from is None:
        return None
    password = settings.smtp_password
    return SmtpMailer(
        SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            sender=settings.smtp_from,
            user=settings.smtp_user,
            password=None if password is None else password.get_secret_value(),
        )
    )
