"""What a build said, cut to a size that can be kept: the end of a log says why it stopped."""

import re

LIMIT_BYTES = 1024 * 1024
# Escape sequences would move the cursor of whoever reads the log in a terminal; so would other controls.
ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


class BuildLog:
    """Takes output as it comes and keeps the last `limit_bytes` of it."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._tail = bytearray()
        self._cut_bytes = 0

    @property
    def is_truncated(self) -> bool:
        """True if anything was cut off."""
        return self._cut_bytes > 0

    def write(self, output: bytes) -> None:
        """Add output; what does not fit pushes the oldest out."""
        self._tail += output
        surplus = len(self._tail) - self._limit_bytes
        if surplus > 0:
            del self._tail[:surplus]
            self._cut_bytes += surplus

    def say(self, sentence: str) -> None:
        """Add a line of our own."""
        self.write(f"registry: {sentence}\n".encode())

    def text(self) -> bytes:
        """Return what is kept, as UTF-8 without control characters, with a note of what was cut."""
        note = f"registry: the first {self._cut_bytes} bytes are not kept\n" if self._cut_bytes else ""
        lines = CONTROLS.sub(b"", ESCAPES.sub(b"", bytes(self._tail).replace(b"\r\n", b"\n")))
        return note.encode() + lines.decode("utf-8", "replace").encode()
