"""Files that stand in a document as a text in base64."""

import binascii
from dataclasses import dataclass

from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.texts import text

GROUP = 4  # letters of base64 that are three bytes together


@dataclass(slots=True)
class Base64Text:
    """A text in base64 that comes in pieces; strict, as whoever compares digests wants it."""

    rest: bytes = b""
    has_ended: bool = False

    def decoded(self, piece: bytes) -> bytes:
        """Return the bytes that a piece completes. Raises Malformed."""
        if not piece:
            return b""
        if self.has_ended:
            raise no_base64()
        letters = self.rest + piece
        whole = len(letters) - len(letters) % GROUP
        self.rest = letters[whole:]
        if letters[:whole].endswith(b"==="):  # which the standard library lets pass behind whole groups
            raise no_base64()
        try:
            data = binascii.a2b_base64(letters[:whole], strict_mode=True)
        except (binascii.Error, ValueError) as error:
            raise no_base64() from error
        self.has_ended = letters[whole - 1 : whole] == b"=" and whole > 0
        return data

    def end(self) -> None:
        """Raise Malformed if something is missing."""
        if self.rest:
            raise no_base64()


def no_base64() -> Malformed:
    """Refuse a file that is not written as one."""
    return Malformed(text("the data of a file are not valid base64"))
