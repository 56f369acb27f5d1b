"""Turns: what the request that sends a part may write, and turns that wait in memory for the next part."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Self

from wxcloudrun.kit import clock
from wxcloudrun.stores.blobs.continued_hash import RunningDigests
from wxcloudrun.stores.blobs.writing import WriterState
from wxcloudrun.upload_sessions.queries import PartedSession
from wxcloudrun.upload_sessions.service.entry import SessionPlace

KEPT_SECONDS = 10.0  # the next part of a sender in a hurry is there within milliseconds
MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class PartTurn:
    """What a request may write, and what it goes on with."""

    number: int
    epoch: int
    offset: int
    size_bytes: int
    session_id: int
    writer: WriterState
    known_sha256: str | None  # of the same part, if it is there
    running: RunningDigests | None  # if this part comes next
    began_with: bytes | None = field(repr=False, default=None)  # what `running` was restored from

    @classmethod
    def of(
        cls,
        row: PartedSession,
        number: int,
        epoch: int,
        *,
        known_sha256: str | None = None,
        running: RunningDigests | None = None,
    ) -> Self:
        """Return what a request may write."""
        return cls(
            number=number,
            epoch=epoch,
            offset=row.offset_of(number),
            size_bytes=row.size_of(number),
            session_id=row.id,
            writer=WriterState.of_text(row.writer),
            known_sha256=known_sha256,
            running=running,
            began_with=row.hash_state,
        )

    def goes_on_in(self, row: PartedSession) -> RunningDigests | None:
        """Return the digests with this part in them, if nobody else has gone on with them meanwhile."""
        is_next = row.hashed_parts == self.number - 1 and row.hash_state == self.began_with
        return self.running if is_next else None


class WaitingTurns:
    """Turns that were given in the transaction of the part before, for the one request that comes next.

    A sender who sends part after part needs one transaction for each then, instead of two. The turn is a row
    like any other: whoever begins the part elsewhere meanwhile overtakes it, and it is never used twice.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns = OrderedDict[tuple[SessionPlace, int], tuple[float, PartTurn]]()

    def keep(self, place: SessionPlace, turn: PartTurn) -> None:
        """Let a turn wait for its request, for some seconds."""
        with self._lock:
            self._turns[key_of(place, turn.number)] = (clock.monotonic() + KEPT_SECONDS, turn)
            while len(self._turns) > MOST_KEPT:
                self._turns.popitem(last=False)

    def take(self, place: SessionPlace, number: int) -> PartTurn | None:
        """Return the turn that waits for this request, once."""
        with self._lock:
            until, turn = self._turns.pop(key_of(place, number), (0.0, None))
        return turn if until > clock.monotonic() else None


def key_of(place: SessionPlace, number: int) -> tuple[SessionPlace, int]:
    """Return who waits for which part: the same user and credential, whatever the request is called."""
    return replace(place, actor=replace(place.actor, request_id=None)), number
