"""What the background does to send mail."""

from typing import Any

from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.mails.rules import TokenPurpose
from wxcloudrun.mails.service.sending import SendingService


class MailTasks:
    """The jobs `mail-token {user_id, purpose}` and `mail-notice {to, what, at, address}`."""

    def __init__(self, sending: SendingService) -> None:
        self._sending = sending

    def mail_token(self, _context: JobContext, arguments: dict[str, Any]) -> None:
        """Mail a token."""
        self._sending.send_token(arguments["user_id"], TokenPurpose(arguments["purpose"]))

    def mail_notice(self, _context: JobContext, arguments: dict[str, Any]) -> None:
        """Mail what has changed."""
        self._sending.send_notice(arguments)
