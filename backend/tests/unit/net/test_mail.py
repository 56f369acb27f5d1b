"""Mail is handed over to a real server, and what goes wrong is told without its text."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from tests.support.live import free_port
from tests.support.mail import PASSWORD, SENDER, USER, Mailbox, mail_server, text_of
from wxcloudrun.net.mail import Mail, MailFailed, MailRefused, SmtpMailer, SmtpServer

LETTER = Mail("ada@example.com", "A subject", "The text, which says wxrm_secret and größer.\n")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A server that takes everything."""
    with mail_server() as found:
        yield found


def mailer(port: int) -> SmtpMailer:
    """Return what sends there, without TLS."""
    return SmtpMailer(SmtpServer("127.0.0.1", port, "none", SENDER))


def test_given_a_mail_then_it_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    mailer(mailbox.port).send(LETTER)

    [arrived] = mailbox.mails
    headers = [arrived[name] for name in ("From", "To", "Subject", "Auto-Submitted")]
    assert headers == [SENDER, LETTER.to, LETTER.subject, "auto-generated"]
    assert text_of(arrived) == LETTER.text
    assert arrived["Message-ID"].endswith("@example.com>")


@pytest.mark.parametrize(
    ("answer", "kind"), [("451 later, ada@example.com", MailFailed), ("550 no wxrm_secret here", MailRefused)]
)
def test_given_a_refusal_then_it_tells_whether_to_try_again_and_nothing_of_the_mail(
    mailbox: Mailbox, answer: str, kind: type[MailFailed]
) -> None:
    mailbox.refusals.append(answer)

    with pytest.raises(MailFailed) as raised:
        mailer(mailbox.port).send(LETTER)

    assert type(raised.value) is kind
    assert str(raised.value) == f"the server for mail answered {answer[:3]}"


@pytest.mark.parametrize("farewell", ["421 going down", "500 what", "no answer at all"])
def test_given_a_mail_that_was_taken_then_nothing_said_to_the_leave_taking_sends_it_again(
    mailbox: Mailbox, farewell: str
) -> None:
    mailbox.farewell = farewell

    mailer(mailbox.port).send(LETTER)

    assert len(mailbox.mails) == 1


def test_given_no_server_then_it_may_be_tried_again() -> None:
    with pytest.raises(MailFailed, match="not to be reached: ConnectionRefusedError") as raised:
        mailer(free_port()).send(LETTER)

    assert type(raised.value) is MailFailed


def test_given_a_line_break_in_an_address_then_no_header_is_slipped_in(mailbox: Mailbox) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        mailer(mailbox.port).send(replace(LETTER, to="ada@example.com\nBcc: eve@example.com"))

    assert mailbox.mails == []


class TestWithTls:
    @pytest.fixture
    def authority(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
        """An authority that this machine trusts."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        return authority

    def server(self, authority: trustme.CA, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        return context

    def test_given_starttls_then_the_password_and_the_mail_go_over_it(self, authority: trustme.CA) -> None:
        with mail_server(certificate=self.server(authority, "127.0.0.1")) as mailbox:
            SmtpMailer(SmtpServer("127.0.0.1", mailbox.port, "starttls", SENDER, USER, PASSWORD)).send(LETTER)

            assert (mailbox.logins, len(mailbox.mails)) == ([USER], 1)

    def test_given_another_password_then_the_mail_may_be_tried_again(self, authority: trustme.CA) -> None:
        with mail_server(certificate=self.server(authority, "127.0.0.1")) as mailbox:
            server = SmtpServer("127.0.0.1", mailbox.port, "starttls", SENDER, USER, "another password")
            with pytest.raises(MailFailed, match="the server for mail answered 535") as raised:
                SmtpMailer(server).send(LETTER)

        assert type(raised.value) is MailFailed

    def test_given_another_hosts_certificate_then_nothing_is_said(self, authority: trustme.CA) -> None:
        with mail_server(certificate=self.server(authority, "mail.example")) as mailbox:
            with pytest.raises(MailFailed, match="SSLCertVerificationError"):
                SmtpMailer(SmtpServer("127.0.0.1", mailbox.port, "starttls", SENDER, USER, PASSWORD)).send(
                    LETTER
                )

            assert (mailbox.logins, mailbox.mails) == ([], [])

    def test_given_a_server_without_tls_then_nothing_is_said(self) -> None:
        with mail_server() as mailbox:
            with pytest.raises(MailRefused, match="cannot do what is needed"):
                SmtpMailer(SmtpServer("127.0.0.1", mailbox.port, "starttls", SENDER)).send(LETTER)

            assert mailbox.mails == []
