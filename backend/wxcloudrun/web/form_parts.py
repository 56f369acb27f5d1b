"""The head of one part of a form (RFC 7578), and what may stand in it."""

import re
from dataclasses import dataclass, field

from werkzeug.http import parse_options_header

from wxcloudrun.kit.errors import AppError, Invalid, Malformed, UnsupportedMediaType
from wxcloudrun.kit.texts import text
from wxcloudrun.web.digests import FIELDS

# Codings that leave the bytes as they are (RFC 2045 section 6.2).
PLAIN_CODINGS = frozenset({"7bit", "8bit", "binary", "identity", ""})
# A backslash stands before a quote or another backslash (RFC 9110 section 5.6.4); before anything else it
# would be dropped, and `C:\dir\a.txt` be kept as a name.
QUOTED_PAIRS_ONLY = re.compile(r'(?:[^\\]|\\["\\])*', re.DOTALL)
DIGESTS = frozenset(field.lower() for field in FIELDS)


@dataclass(slots=True)
class FormPart:
    """One part: what its head has said by now, and how many bytes of it have come."""

    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    header_bytes: int = 0
    name: str = ""
    filename: str | None = None
    content_type: str | None = None
    announced_bytes: int | None = None
    received_bytes: int = 0

    def end_header(self) -> None:
        """Take one header in. Raises Invalid, Malformed, UnsupportedMediaType for what is not done here."""
        name = bytes(self.header_name).decode("latin-1").strip().lower()
        try:
            value = bytes(self.header_value).decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise name_is_not_utf8() from error
        self.header_name, self.header_value = bytearray(), bytearray()
        if name == "content-disposition":
            self._take_disposition(value)
        elif name == "content-type":
            self.content_type = value
        elif name == "content-length":
            self.announced_bytes = int(value) if value.isascii() and value.isdecimal() else -1
        elif (refusal := refusal_of(name, value)) is not None:
            raise refusal

    def end(self) -> None:
        """Raise Malformed if the part has another length than its head said."""
        if self.announced_bytes not in (None, self.received_bytes):
            raise Malformed(text("a part of the form does not have the length that its head says"))

    def _take_disposition(self, value: str) -> None:
        if not QUOTED_PAIRS_ONLY.fullmatch(value):
            raise Invalid.field("file", text("must be a name, not a path"))
        options = parse_options_header(value)[1]
        self.name = options.get("name", "")
        self.filename = options.get("filename")
        if "\ufffd" in (self.filename or "") and "\ufffd" not in value:
            raise name_is_not_utf8()  # filename*=UTF-8''%FF


def refusal_of(name: str, value: str) -> AppError | None:
    """Refuse a header that says something of the bytes and would be passed over; None for every other."""
    if name == "content-range":
        return Malformed(text("parts of a file are not taken here; send the whole, without Content-Range"))
    if name in {"content-transfer-encoding", "content-encoding"} and value.lower() not in PLAIN_CODINGS:
        return UnsupportedMediaType(
            text(
                "a coded part of a form is not decoded here ({header}); send its bytes as they are",
                header=name,
            )
        )
    if name in DIGESTS or name.startswith("x-checksum-"):
        return Malformed(
            text("{header} in a part of a form is not looked at; send X-Checksum-SHA256 with it", header=name)
        )
    return None


def name_is_not_utf8() -> Invalid:
    """Refuse a file name that could only be kept with replacement characters."""
    return Invalid.field("file", text("the file name is not valid UTF-8"))
