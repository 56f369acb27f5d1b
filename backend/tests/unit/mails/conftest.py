"""A service that sends mail to a real server, and people who read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import update

from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient
from tests.support.inside import Inside
from tests.support.logins import PASSWORD, SignedIn
from tests.support.mail import Mailbox, mail_server, text_of
from wxcloudrun.jobs.models import Job
from wxcloudrun.kit import clock

RECOVERY = "/api/v1/auth/recovery"
COMPLETE = "/api/v1/auth/recovery/complete"
VERIFY = "/api/v1/auth/email/verify"
VERIFIED = "/api/v1/auth/email/verified"
ADA = "ada@example.com"
NEW = "another long one"
TOKEN = re.compile(r"wxrm_[\w-]{43}")


@pytest.fixture(scope="session")
def mail_server_of_all() -> Iterator[Mailbox]:
    """A server for mail."""
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(mail_server_of_all: Mailbox) -> Mailbox:
    """The same, with nothing in it."""
    mail_server_of_all.clear()
    return mail_server_of_all


@pytest.fixture
def app(app_with: AppWith, mailbox: Mailbox) -> Flask:
    """A service that sends its mail there."""
    return app_with(**mailbox.settings)


@dataclass
class Post:
    """Mail of the service, which is sent when the test says so."""

    app: Flask
    client: ApiClient
    mailbox: Mailbox

    def sent(self, to: str = ADA) -> list[str]:
        """Send what is put down, and return what somebody has got since the last time."""
        inside = Inside(self.app)
        # What is put off, so that nobody sees by the time of their requests whether there is a mail, is due.
        inside.change(update(Job).where(Job.attempts == 0).values(not_before=clock.now()))
        inside.work()
        texts = [text_of(mail) for mail in self.mailbox.to(to)]
        self.mailbox.clear()
        return texts

    def token(self, to: str = ADA) -> str:
        """Send what is put down, and return the token that somebody has got."""
        [said] = self.sent(to)
        [token] = set(TOKEN.findall(said))
        return str(token)

    def verify(self, login: SignedIn, email: str = ADA) -> None:
        """Let somebody show that their address is theirs."""
        login.call("POST", VERIFY).ok()
        login.call("POST", VERIFIED, {"token": self.token(email)}).ok()
        self.sent(email)

    def recovery_token(self, email: str = ADA) -> str:
        """Let somebody ask for recovery, and return what they get."""
        assert self.client.post(RECOVERY, {"email": email}).status == 202
        return self.token(email)

    def complete(self, token: str, password: str = NEW, **code: str) -> Answer:
        """Set a new password."""
        return self.client.post(COMPLETE, {"token": token, "new_password": password, **code})

    def log_in(self, password: str = PASSWORD) -> Answer:
        """Try to log in."""
        return self.client.post("/api/v1/auth/login", {"email": ADA, "password": password})


@pytest.fixture
def post(app: Flask, client: ApiClient, mailbox: Mailbox) -> Post:
    """The mail of the service."""
    return Post(app, client, mailbox)
