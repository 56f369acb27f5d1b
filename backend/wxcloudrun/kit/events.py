"""What has happened: a use case says it once, in its transaction, and does not know who listens.

Each domain declares in its `events.py` what can happen there. Who listens to what is one table,
`wiring/listeners.py`, which the application holds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast, override

from flask import current_app

from wxcloudrun.kit.db import Transaction
from wxcloudrun.kit.security import Actor

type State = Mapping[str, Any]
"""What an event says of the state before or after it: facts by name, never a secret."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """Something that can happen. `name` is `thing.verb` in the past tense; the audit log shows it."""

    name: str

    @property
    def verb(self) -> str:
        """What has happened to the thing."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Subject:
    """What it happened to: a path such as `project/tools/package/hammer`, and the package there, if any."""

    path: str
    package_id: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What has happened: what, to what, by whom, and what changed."""

    kind: EventKind
    actor: Actor
    subject: Subject
    before: State | None
    after: State | None


type Participant = Callable[[Transaction, Event], None]
"""Writes what belongs to an event: both are committed, or neither is."""

type Follower = Callable[[Event], None]
"""Does what follows from an event that has been committed."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who listens to one kind of event.

    Those `in_transaction` are called at once; what they raise undoes the use case. Those `after_commit` are
    called when the last attempt has committed, each by itself; one that fails is logged, and changes nothing.
    """

    in_transaction: tuple[Participant, ...] = ()
    after_commit: tuple[Follower, ...] = ()

    def __add__(self, other: "Listeners") -> "Listeners":
        """Return the listeners of both."""
        return Listeners(self.in_transaction + other.in_transaction, self.after_commit + other.after_commit)


@dataclass(frozen=True, slots=True)
class Following:
    """An effect of a commit: one listener hears of one event."""

    follower: Follower
    event: Event

    def __call__(self) -> None:
        """Let it hear."""
        self.follower(self.event)

    @override
    def __repr__(self) -> str:
        """Say who and what, and nothing of the states: it stands in the log if it fails."""
        return f"{getattr(self.follower, '__qualname__', 'a listener')} of {self.event.kind.name}"


def announce(
    tx: Transaction,
    actor: Actor,
    kind: EventKind,
    subject: Subject,
    *,
    before: State | None = None,
    after: State | None = None,
) -> None:
    """Say what happens in this transaction. Whatever it does, a use case says it once.

    Raises KeyError for a kind that is not in the table.
    """
    event = Event(kind, actor, subject, before, after)
    listeners = table()[kind]
    for participant in listeners.in_transaction:
        participant(tx, event)
    for follower in listeners.after_commit:
        tx.after_commit(Following(follower, event))


def table() -> Mapping[EventKind, Listeners]:
    """Return who listens to what in the application at hand."""
    return cast("Mapping[EventKind, Listeners]", current_app.extensions["listeners"])
