"""Mail to people: a narrow way out over SMTP (RFC 5321), bounded in time, and never repeated in a log."""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal, Protocol

SILENCE_SECONDS = 10.0  # between two answers of the server
GONE_FOR_GOOD = 500  # replies from here on stay the same however often one tries

type Security = Literal["starttls", "tls", "none"]


class MailFailed(Exception):
    """The mail was not taken, and may be if it is sent again. The message holds nothing of it."""


class MailRefused(MailFailed):
    """The server does not take this mail, however often it is sent."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail of plain text to one address. What it says may open a door, so nothing shows it."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class Mailer(Protocol):
    """Takes mail to where it goes."""

    def send(self, mail: Mail) -> None:
        """Hand a mail over; when this returns somebody else is responsible for it.

        Raises MailFailed, MailRefused.
        """


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over, and as whom; `sender` is the address that it comes from."""

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class SmtpMailer:
    """Hands mail over to one server, with a connection for each."""

    def __init__(self, server: SmtpServer, *, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._server = server
        self._silence_seconds = silence_seconds

    def send(self, mail: Mail) -> None:
        """Hand a mail over. Raises MailFailed, MailRefused."""
        try:
            connection = self._connected()
            try:
                connection.send_message(written(mail, self._server.sender))
                take_leave(connection)
            finally:
                connection.close()
        except smtplib.SMTPRecipientsRefused as error:
            raise failure(next(iter(error.recipients.values()))[0]) from None
        except smtplib.SMTPResponseException as error:
            raise failure(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            message = "the server for mail cannot do what is needed: TLS, a login, or such an address"
            raise MailRefused(message) from None
        except OSError as error:  # all that the library raises are such, and so is what lies below it
            message = f"the server for mail is not to be reached: {type(error).__name__}"
            raise MailFailed(message) from None

    def _connected(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._silence_seconds, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._silence_seconds)
        try:
            if server.security == "starttls":
                connection.starttls(context=context)
            if server.user is not None and server.password is not None:
                connection.login(server.user, server.password)
        except smtplib.SMTPResponseException as error:
            # Nothing of the mail was said yet: what is wrong is the password, and that can be put right.
            connection.close()
            raise MailFailed(answered(error.smtp_code)) from None
        except BaseException:
            connection.close()
            raise
        return connection


def take_leave(connection: smtplib.SMTP) -> None:
    """Take leave of a server that has taken a mail: whatever it says to that, the mail is not sent again."""
    with contextlib.suppress(OSError):
        connection.quit()


def failure(code: int) -> MailFailed:
    """Return what a reply of the server means; its words may name who was written to."""
    return MailRefused(answered(code)) if code >= GONE_FOR_GOOD else MailFailed(answered(code))


def answered(code: int) -> str:
    """Say that a server has refused something."""
    return f"the server for mail answered {code}"


def written(mail: Mail, sender: str) -> EmailMessage:
    """Return a mail as it is sent. Raises ValueError for a line break where a header would end."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers that they are away
    message.set_content(mail.text)
    return message
