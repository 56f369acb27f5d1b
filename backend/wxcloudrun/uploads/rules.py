"""What an upload may be called and how its request is recognised again."""

import hashlib
import json
import re
import unicodedata

from wxcloudrun.formats.content_types import UNKNOWN_TYPE, type_of_name
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.texts import text

MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 512
# Embeddings, overrides and isolates make "gpj.exe" read as "exe.jpg".
BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SEPARATORS = frozenset("/\\")
# What a client sends by itself, whatever the body is: curl --data-binary, a form, tools made for S3.
MEANINGLESS_TYPES = frozenset(
    {
        "",
        UNKNOWN_TYPE,
        "binary/octet-stream",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }
)
# What a mini-program's wx.request says of every body, an ArrayBuffer too. Sometimes it is true.
DOUBTFUL_TYPES = frozenset({"application/json"})
TYPE_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*"  # RFC 6838 section 4.2
CONTENT_TYPE = re.compile(rf"{TYPE_NAME}/{TYPE_NAME}(?:[ \t]*;[\x20-\x7e]*)?")


def check_file_name(name: str) -> str:
    """Return `name`; WrongValue that says why it is refused. Names are refused, never repaired."""
    try:
        size_bytes = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        raise WrongValue(text("contains half a character (an unpaired surrogate)")) from None
    if not 1 <= size_bytes <= MAX_NAME_BYTES:
        raise WrongValue(text("must have 1 to {limit} bytes in UTF-8", limit=MAX_NAME_BYTES))
    if SEPARATORS & set(name) or name in {".", ".."}:
        raise WrongValue(text("must be a name, not a path"))
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise WrongValue(text("contains a control character"))
    if BIDIRECTIONAL & set(name):
        raise WrongValue(text("contains a character that changes the direction of the text"))
    return name


def check_file_path(path: str) -> str:
    """Return `path`, a name or several with slashes between; WrongValue that says why it is refused."""
    parts = path.split("/")
    if len(parts) == 1:
        return check_file_name(path)
    if not {"", ".", ".."}.isdisjoint(parts):
        raise WrongValue(text("a path has no empty part, no . and no .. in it"))
    if sum(len(part.encode("utf-8", "replace")) + 1 for part in parts) - 1 > MAX_PATH_BYTES:
        raise WrongValue(text("must have 1 to {limit} bytes in UTF-8", limit=MAX_PATH_BYTES))
    for part in parts:
        check_file_name(part)
    return path


def is_file_name(name: str) -> bool:
    """Tell whether a file can have this name."""
    try:
        check_file_name(name)
    except WrongValue:
        return False
    return True


def last_part(path: str) -> str:
    """Return what a path calls the file itself."""
    return path.rpartition("/")[2]


def settled_content_type(sent: str | None, filename: str) -> str:
    """Return the type that downloads will have: what was sent, else what the file name suggests.

    A type that clients send by default counts only where the name says nothing more.
    """
    sent = (sent or "").strip()
    essence = sent.partition(";")[0].strip().lower()
    is_usable = len(sent) <= 255 and CONTENT_TYPE.fullmatch(sent) is not None
    if not is_usable or essence in MEANINGLESS_TYPES:
        return type_of_name(filename) or UNKNOWN_TYPE
    named = type_of_name(filename) if essence in DOUBTFUL_TYPES else None
    return sent if named in (None, essence) else named


def fingerprint(*parts: object) -> str:
    """Return a digest of what a request asks for."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
