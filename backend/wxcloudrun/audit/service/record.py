"""The one way into the audit log."""

from sqlalchemy import insert

from wxcloudrun.audit.models import AuditEntry
from wxcloudrun.audit.rules import State, written
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.security import Actor

NEW_ENTRY = insert(AuditEntry.__table__)  # type: ignore[arg-type]  # a declarative table


def record(
    tx: Transaction,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002 - the word that the log uses
    *,
    before: State | None = None,
    after: State | None = None,
) -> None:
    """Write one change down, in the transaction that makes it: both are committed or neither.

    `action` is `kind.verb` in the past tense, `object` a path such as `project/tools/package/hammer`.
    The states say what changed, never a secret.
    """
    tx.session.execute(
        NEW_ENTRY,
        {
            "at": clock.now(),
            "actor_id": actor.user_id,
            "credential": actor.credential.value,
            "credential_id": actor.credential_id,
            "action": action,
            "object": object,
            "before": written(before),
            "after": written(after),
            "address": actor.address,
            "request_id": actor.request_id,
        },
    )
