"""What an upload may be called and how its request is recognised again."""

import hashlib
import json
import mimetypes
import re
import unicodedata

MAX_NAME_BYTES = 255
# Embeddings, overrides and isolates make "gpj.exe" read as "exe.jpg".
BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SEPARATORS = frozenset("/\\")
UNKNOWN_TYPE = "application/octet-stream"
# What a client sends that did not think about it: curl -d, a mini-program's default, a form.
MEANINGLESS_TYPES = frozenset({"", UNKNOWN_TYPE, "application/x-www-form-urlencoded", "multipart/form-data"})
CONTENT_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:[ \t]*;[\x20-\x7e]*)?")


def file_name_problem(name: str) -> str | None:
    """Say why this is no acceptable file name, None if it is one. Names are refused, never repaired."""
    try:
        size_bytes = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "contains half a character (an unpaired surrogate)"
    if not 1 <= size_bytes <= MAX_NAME_BYTES:
        return f"must have 1 to {MAX_NAME_BYTES} bytes in UTF-8"
    if SEPARATORS & set(name) or name in {".", ".."}:
        return "must be a name, not a path"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "contains a control character"
    if BIDIRECTIONAL & set(name):
        return "contains a character that changes the direction of the text"
    return None


def settled_content_type(sent: str | None, filename: str) -> str:
    """Return the type that downloads will have: what was sent, else what the file name suggests."""
    sent = (sent or "").strip()
    essence = sent.split(";")[0].strip().lower()
    if essence not in MEANINGLESS_TYPES and len(sent) <= 255 and CONTENT_TYPE.fullmatch(sent):
        return sent
    guessed, encoding = mimetypes.guess_type(filename)
    if encoding is not None:
        return {"gzip": "application/gzip", "xz": "application/x-xz", "bzip2": "application/x-bzip2"}.get(
            encoding, UNKNOWN_TYPE
        )
    return guessed or UNKNOWN_TYPE


def fingerprint(*parts: object) -> str:
    """Return a digest of what a request asks for."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
