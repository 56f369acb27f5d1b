"""What is still missing of a request, as far as it can be told from its first bytes."""

import enum
import re

from wxcloudrun.web.transfer_places import SMALL_BYTES

SMALL_BODY_BYTES = SMALL_BYTES  # what is gathered before a thread is taken
MAX_HEAD_BYTES = 64 * 1024
MAX_LINE_BYTES = 8190  # what gunicorn reads of a request line
MAX_FIELDS = 100  # what gunicorn reads of header fields
MAX_LENGTH_DIGITS = 18  # of a length that a number of 64 bits can say
END_OF_HEAD = b"\r\n\r\n"
FRAMING = re.compile(rb"\r\n(content-length|transfer-encoding|expect)[ \t]*:([^\r\n]*)", re.IGNORECASE)


class Need(enum.Enum):
    """What a request needs before a thread can work on it."""

    HEAD = enum.auto()
    BODY = enum.auto()  # the rest of a small body
    THREAD = enum.auto()  # nothing more
    READER = enum.auto()  # a thread that reads the body as it comes
    SHORTER_HEAD = enum.auto()  # no head is as long as this one


class Incoming:
    """One request on its way. It remembers what it has seen: no byte is looked at once for each packet."""

    def __init__(self) -> None:
        self._seen_bytes = 0
        self._lines = 0
        self._bare_lines = 0  # that end without a carriage return
        self._whole_bytes = 0  # of head and body, once the head has ended
        self._answer: Need | None = None  # once nothing that follows can change it

    def need(self, received: bytearray) -> Need:
        """Tell what is missing. What is no HTTP needs a thread: the parser says what is wrong with it.

        `received` begins with the request, and is what it was the last time with more behind it.
        """
        if self._answer is None and not self._whole_bytes:
            self._look_at_head(received)
        if self._answer is not None:
            return self._answer
        if not self._whole_bytes:
            return Need.HEAD
        return Need.BODY if len(received) < self._whole_bytes else Need.THREAD

    def _look_at_head(self, received: bytearray) -> None:
        end = received.find(END_OF_HEAD, max(0, self._seen_bytes - len(END_OF_HEAD) + 1))
        until = len(received) if end < 0 else end
        line_ends = received.count(b"\r\n", max(0, self._seen_bytes - 1), until)
        self._bare_lines += received.count(b"\n", self._seen_bytes, until) - line_ends
        self._lines += line_ends
        self._seen_bytes = max(self._seen_bytes, until)
        # An empty line may stand before a request (RFC 9112 section 2.2).
        if self._lines > MAX_FIELDS + 2 or until > MAX_HEAD_BYTES:
            self._answer = Need.SHORTER_HEAD
        if self._has_too_long_a_line(received) or (self._bare_lines and end < 0):
            self._answer = Need.THREAD  # such a head never ends as it is read here
        if end >= 0 and self._answer is None:
            self._answer, length = need_of_body(received, end)
            self._whole_bytes = end + len(END_OF_HEAD) + length

    def _has_too_long_a_line(self, received: bytearray) -> bool:
        """Tell whether the first line is longer than any that is read."""
        most = MAX_LINE_BYTES + 4
        return self._lines <= 1 and len(received) > most and received.find(b"\r\n", 2, most) < 0


def need_of_body(received: bytearray, end: int) -> tuple[Need | None, int]:
    """Tell from a head that ends there how its body is read, and its length if it is gathered.

    A length is read as gunicorn reads it: blanks around it and zeros before it mean nothing.
    """
    lengths = []
    for name, value in FRAMING.findall(received, 0, end):
        if name.lower() != b"content-length":
            return Need.READER, 0
        digits = value.strip(b" \t")
        if not digits.isdigit():
            return Need.THREAD, 0
        lengths.append(digits.lstrip(b"0"))
    if len(lengths) > 1:
        return Need.THREAD, 0  # no body is waited for whose length is said twice (RFC 9112 section 6.3)
    if not lengths or not lengths[0]:
        return None, 0
    if len(lengths[0]) > MAX_LENGTH_DIGITS or int(lengths[0]) > SMALL_BODY_BYTES:
        return Need.READER, 0
    return None, int(lengths[0])


def path_of(received: bytearray) -> str:
    """Return the path that the first line names, without its query; an empty text if it names none."""
    words = bytes(received[: received.find(b"\r\n", 2)]).split(b" ", 2)
    return words[1].partition(b"?")[0].decode("latin-1") if len(words) > 1 else ""
