"""The Content-Disposition of a download (RFC 6266, RFC 8187)."""

import re
from urllib.parse import quote

ATTR_CHAR = "!#$&+-.^_`|~"  # what RFC 8187 leaves unescaped besides letters and digits
PLAIN = re.compile(r"[A-Za-z0-9!#$&+.^_`|~ ()\[\]{}=@,;-]+")
NOT_QUOTABLE = re.compile(r'[^\x20-\x7e]|["\\%/]')


def attachment(filename: str) -> str:
    """Say "save this as", never "show this". Of a path only the last part is said.

    A name beyond plain ASCII is given twice: `filename*` for those who understand it, and before it a
    fallback with `_` for every character that old clients mistake.
    """
    filename = filename.rpartition("/")[2]
    if PLAIN.fullmatch(filename):
        return f'attachment; filename="{filename}"'
    fallback = NOT_QUOTABLE.sub("_", filename)
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(filename, safe=ATTR_CHAR)}"
