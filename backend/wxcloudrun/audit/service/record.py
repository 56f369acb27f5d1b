"""The one way into the audit log: an event that is listened to."""

from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.audit.rules import AuditKeys, written
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, insertion
from wxcloudrun.kit.events import Event
from wxcloudrun.kit.services import at_hand


def record(tx: Transaction, event: Event) -> None:
    """Write an event down, in the transaction that it happens in: both are committed or neither.

    The entry is sealed as it is written, so it is never without protection.
    """
    actor = event.actor
    said = {
        "at": clock.now(),
        "actor_id": actor.user_id,
        "credential": actor.credential.value,
        "credential_id": actor.credential_id,
        "action": event.kind.name,
        "object": event.subject.path,
        "before": written(event.before),
        "after": written(event.after),
        "address": actor.address,
        "request_id": actor.request_id,
    }
    tx.connection.execute(insertion(AuditEntry), {**said, "seal": at_hand(AuditKeys).born(said)})
