"""What kinds of jobs there are: one table, made where the application is put together."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.jobs.rules import JsonValue
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.kit.db import Transaction

logger = logging.getLogger(__name__)

Handler = Callable[[JobContext, dict[str, Any]], Mapping[str, JsonValue] | None]
OnFailed = Callable[[Transaction, dict[str, Any], str], None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """How jobs of one kind are done, and what else is written when one of them has failed for good.

    `on_failed` gets the transaction that marks the job, its arguments and the message; nothing but SQL. One
    that `may_last` waits for others, for hours perhaps: it never takes the last thread of a process.
    """

    handler: Handler
    on_failed: OnFailed | None = None
    may_last: bool = False

    def tell(self, tx: Transaction, arguments: dict[str, Any], message: str) -> None:
        """Write what a failure means, in the transaction that marks the job.

        A mistake in there must not keep the job from ever ending: it is logged, and undone alone.
        """
        if self.on_failed is None:
            return
        try:
            with tx.savepoint():
                self.on_failed(tx, arguments, message)
        except SQLAlchemyError:
            raise
        except Exception:
            logger.exception("on_failed_failed")


JobKinds = Mapping[str, JobKind]
