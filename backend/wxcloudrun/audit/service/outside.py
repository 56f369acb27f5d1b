"""Handing the ends of the chain over to places outside of the database, and reading them where one can."""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from wxcloudrun.audit.gateway import FileSink, HeadSink, SinkFailed
from wxcloudrun.audit.rules import Head, read_head

LATEST_HEADS = 10_000  # a week of them

logger = logging.getLogger(__name__)


class OutsideHeads:
    """The places that the settings name."""

    def __init__(self, sinks: Sequence[HeadSink]) -> None:
        self._sinks = sinks
        self._sent: dict[str, str] = {}

    def hand_over(self, line: str) -> None:
        """Send a head to every place that does not have this very one from this process.

        One that fails does not keep it from the others, and gets this head or a later one the next time.
        Raises SinkFailed, which names those that failed.
        """
        failed = []
        for sink in self._sinks:
            if self._sent.get(sink.name) == line:
                continue
            try:
                sink.send(line)
            except SinkFailed as error:
                logger.warning("audit_head_not_handed_over", extra={"sink": sink.name, "cause": str(error)})
                failed.append(sink.name)
            else:
                self._sent[sink.name] = line
        if failed:
            raise SinkFailed(f"the end of the audit log could not be handed over to: {', '.join(failed)}")

    def kept(self) -> Iterator[tuple[Head, str]]:
        """Yield the latest heads in places that can be read, each with its seal."""
        for sink in self._sinks:
            if isinstance(sink, FileSink):
                yield from read_heads(deque(sink.lines(), maxlen=LATEST_HEADS))


def read_heads(lines: Iterable[str]) -> Iterator[tuple[Head, str]]:
    """Yield the heads of a file or a log, each with its seal; other lines are passed over."""
    for line in lines:
        if '"counter"' not in line:
            continue
        head = read_head(line)
        if head is None:
            logger.warning("audit_head_cannot_be_read")
        else:
            yield head
