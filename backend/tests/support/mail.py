"""A real SMTP server on the loopback interface, which keeps what it is given."""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.support.live import free_port

USER, PASSWORD = "registry", "the-password-at-the-mail-server"
SENDER = "registry@example.com"


@dataclass
class Mailbox:
    """What has arrived, and how the server answers next; None takes the mail."""

    port: int
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    farewell: str = "221 bye"  # to whoever takes leave

    async def handle_DATA(  # noqa: N802  # as the library calls it
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        """Take a mail, unless a refusal was prepared."""
        if self.refusals:
            return self.refusals.pop(0)
        content = cast("bytes", envelope.content)
        self.mails.append(message_from_bytes(content, policy=default))
        return "250 taken"

    async def handle_QUIT(  # noqa: N802  # as the library calls it
        self, _server: Any, _session: Any, _envelope: Envelope
    ) -> str:
        """Answer whoever takes leave."""
        return self.farewell

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        """Let the one user in."""
        given = cast("LoginPassword", data)
        self.logins.append(given.login.decode())
        is_right = (given.login.decode(), given.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=is_right, handled=False)  # so that the library answers 535

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings with which a service sends its mail here."""
        return {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.port),
            "SMTP_SECURITY": "none",
            "SMTP_FROM": SENDER,
        }

    def to(self, address: str) -> list[EmailMessage]:
        """Return what somebody has got."""
        return [mail for mail in self.mails if mail["To"] == address]

    def clear(self) -> None:
        """Throw away what has arrived."""
        self.mails.clear()
        self.logins.clear()
        self.refusals.clear()
        self.farewell = "221 bye"


def text_of(mail: EmailMessage) -> str:
    """Return what a mail says."""
    return str(mail.get_content()).replace("\r\n", "\n")


@contextlib.contextmanager
def mail_server(*, certificate: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Run a server until the block ends; with a certificate it demands STARTTLS and a login."""
    mailbox = Mailbox(free_port())
    secured: dict[str, Any] = {} if certificate is None else {
        "tls_context": certificate, "require_starttls": True,
        "authenticator": mailbox.authenticate, "auth_required": True,
    }  # fmt: skip
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **secured)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
