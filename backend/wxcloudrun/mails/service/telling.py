"""What is mailed because of an event: put down in its transaction, sent behind it."""

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.events import Event
from wxcloudrun.kit.services import at_hand
from wxcloudrun.mails.rules import TokenPurpose, address_before
from wxcloudrun.mails.service.sending import MailQueue
from wxcloudrun.notices.rules import is_notable, whose
from wxcloudrun.users.reads import user


def ask_whose_address(tx: Transaction, event: Event) -> None:
    """Let the address be verified that somebody has now."""
    mail_queue = at_hand(MailQueue)
    if mail_queue.is_on:
        mail_queue.mail_token(tx, whose(event), TokenPurpose.VERIFICATION)


def mail(tx: Transaction, event: Event) -> None:
    """Let somebody hear of a changed way in, at the address that they had before.

    One that they have not verified is told that it is theirs no more, and nothing else.
    """
    mail_queue = at_hand(MailQueue)
    if not mail_queue.is_on or not is_notable(event):
        return
    to = address_before(event) or verified_address(tx, whose(event))
    if to is not None:
        said = {"what": event.kind.name, "at": clock.now().isoformat(), "address": event.actor.address}
        mail_queue.mail_notice(tx, to, said)


def verified_address(tx: Transaction, user_id: int) -> str | None:
    """Return the address of somebody, if it is surely theirs."""
    found = user(tx.session, user_id)
    return None if found is None or found.email_verified_at is None else found.email
