"""The port of writers that can be resumed: an object that is written in several goes, by several processes.

`begin` of a store gives a writer and its state; with the state any other process goes on. Bytes are `put` at
offsets, each put with a fence; `seal` makes what was put an object, as whole and as durable as one that was
written at once. `cancel` throws it away, and after `seal` it does nothing.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Protocol, Self

from wxcloudrun.kit.errors import Conflict
from wxcloudrun.kit.texts import text

LEAST_PART_BYTES = 256 * 1024


class Preempted(Conflict):
    """Somebody else has begun to write there later."""

    reason = "preempted"


def preempted() -> Preempted:
    """Stop a writer that has been overtaken."""
    return Preempted(text("a newer request writes there now; ask for the state and go on"))


@dataclass(frozen=True, slots=True)
class Fence:
    """Who may write: in each lane whoever has come with the highest epoch, both from 0 on.

    A lane is whatever is written by one at a time: a part, or the end that appends go to.
    """

    lane: int
    epoch: int


@dataclass(frozen=True, slots=True)
class WriterState:
    """What another process needs to go on writing an object."""

    key: str
    size_bytes: int | None  # what the whole must have; None: nobody knows yet
    part_bytes: int  # how it is cut in pieces
    upload_id: str | None = None  # by which name the store itself knows what is unfinished

    def to_text(self) -> str:
        """Return it as ASCII, some hundred characters."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of_text(cls, kept: str) -> Self:
        """Read what `to_text` has written."""
        return cls(**json.loads(kept))


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """Bytes that the store has. `receipt` is its own note, which it wants back when the object is sealed."""

    offset: int
    size_bytes: int
    receipt: str


class ResumableWriter(Protocol):
    """One unfinished object. Every method raises StoreUnavailable when the store cannot answer."""

    @property
    def state(self) -> WriterState:
        """With what another process goes on."""

    def put(self, offset: int, blocks: Iterable[bytes], fence: Fence) -> WrittenPart:
        """Store the concatenated blocks at an offset, in constant memory; durable when it returns.

        An append is a put at the end of the one before; part n of equal parts is one at n - 1 times their
        size. Whoever put in the same lane with a lower epoch cannot change a byte any more from the moment
        that this has begun. They get Preempted where the store can tell, else a receipt that must not be
        counted. If `blocks` raises, that exception is passed on, and what
        was in this place is undefined until it is put again. Raises ObjectMissing if the store has lost or
        ended what was begun.
        """

    def seal(self, parts: Sequence[WrittenPart]) -> None:
        """Make the parts, in any order, the object; when it returns, the object is durable.

        They must cover every byte once. It may be called again, also after it has succeeded. Raises
        ObjectMissing if the store has lost or ended what was begun, OtherSize if it has another size.
        """

    def read(self, parts: Sequence[WrittenPart]) -> Iterator[bytes] | None:
        """Yield what was put there, before it is sealed; None if this store cannot."""

    def is_sure_of(self, part: WrittenPart) -> bool:
        """Tell whether what is read of a part is what was put, so that nobody needs to compare it."""

    def alone(self) -> AbstractContextManager[bool]:
        """Keep everybody else, in any process, from being alone with the object; False if somebody is.

        It waits for nobody, and keeps nobody from writing. A store that cannot read what is unfinished says
        False.
        """

    def cancel(self) -> None:
        """Throw away what was put. After `seal`, or a second time, it does nothing."""


def covered(parts: Sequence[WrittenPart]) -> tuple[int, list[WrittenPart]]:
    """Return how long the parts are together, and the parts in order.

    Raises ValueError, for it is a mistake of ours, if they leave gaps or overlap.
    """
    ordered, end = sorted(parts, key=lambda part: part.offset), 0
    for part in ordered:
        if part.offset != end:
            message = f"parts leave a gap or overlap at {end}"
            raise ValueError(message)
        end += part.size_bytes
    if not end:
        message = "an object of no parts"
        raise ValueError(message)
    return end, ordered
