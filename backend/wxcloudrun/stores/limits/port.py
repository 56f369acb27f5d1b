"""What a rate limit is, and the port behind which the counts are kept.

A window begins with the first hit and lasts as long as the limit says; the counts of different windows
never mix. Adapters keep the counts where every worker process sees them.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from wxcloudrun.kit.errors import TooManyRequests
from wxcloudrun.kit.texts import Text

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
WRITTEN = re.compile(r"([1-9][0-9]{0,8})\s*/\s*(second|minute|hour|day)")
OFF = "off"


class CountersUnavailable(Exception):
    """The place where the counts are kept cannot be reached."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` hits in `seconds`; `count` is None for no limit at all."""

    count: int | None
    seconds: int = 60

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `10/minute` (second, minute, hour, day) or `off`; ValueError that says so."""
        if text.strip() == OFF:
            return cls(None)
        written = WRITTEN.fullmatch(text.strip())
        if written is None:
            raise ValueError("use a number and a unit such as 10/minute (second, minute, hour, day), or off")
        return cls(int(written[1]), SECONDS[written[2]])

    def times(self, factor: int) -> Self:
        """Return the limit that allows so many times as much."""
        return type(self)(None if self.count is None else self.count * factor, self.seconds)

    def is_passed_by(self, tally: "Tally") -> bool:
        """Tell whether so many hits are too many."""
        return self.count is not None and tally.hits > self.count

    def refuse_if_passed(self, tally: "Tally", message: Text) -> None:
        """Raise TooManyRequests if so many hits are too many."""
        if self.is_passed_by(tally):
            raise self.refusal(tally, message)

    def refusal(self, tally: "Tally", message: Text) -> TooManyRequests:
        """Return the refusal that says how much is allowed and when to come back."""
        return TooManyRequests(
            message,
            retry_after_seconds=tally.seconds_left,
            limit=self.count,
            window_seconds=self.seconds,
            retry_after=tally.seconds_left,
        )


@dataclass(frozen=True, slots=True)
class Counter:
    """Something that is counted, in windows of so many seconds."""

    key: str
    seconds: int

    @classmethod
    def of(cls, kind: str, limit: RateLimit, *subject: str) -> Self:
        """Return the counter of one kind of event for one subject.

        The key is a fingerprint: whatever strangers type is neither kept nor can it be too long.
        """
        digest = hashlib.sha256("\0".join(subject).encode("utf-8", "surrogatepass")).hexdigest()
        return cls(f"{kind}:{limit.seconds}:{digest[:40]}", limit.seconds)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many hits the running window has, and in how many whole seconds it is over (at least one)."""

    hits: int
    seconds_left: int


def is_milestone(number: int) -> bool:
    """Tell whether this one of many is written down: the 1st, 10th, 100th and so on."""
    return str(number).strip("0") == "1"


class RateCounters(Protocol):
    """Counts hits, each call in one step: of two who hit at once, each sees a number of its own."""

    def hit(self, counters: Sequence[Counter]) -> list[Tally]:
        """Add one hit to each counter and return where they stand now. Raises CountersUnavailable."""

    def take_back(self, counters: Sequence[Counter]) -> None:
        """Undo one hit of each counter, if its window has not ended. Raises CountersUnavailable."""
