"""How tus clients write things into headers; no SQL, no clock, no Flask."""

import base64
import binascii
import re
from urllib.parse import unquote, urlsplit

from wxcloudrun.kit.checksums import HEX_LENGTHS, NOTHING_SAID, Checksums
from wxcloudrun.kit.errors import Malformed, TooLarge
from wxcloudrun.kit.texts import text

VERSION = "1.0.0"
EXTENSIONS = (
    "creation", "creation-with-upload", "creation-defer-length", "checksum", "termination", "expiration",
    "concatenation",
)  # fmt: skip
CHECKSUMS = ("sha1", "sha256", "md5")
METADATA_BYTES = 4096
KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]+")  # ASCII without blanks and commas
NUMBER = re.compile(r"[0-9]{1,18}")
FINAL = "final;"


def metadata(header: str) -> dict[str, bytes]:
    """Read Upload-Metadata: keys with values in base64, or without any. Raises Malformed, TooLarge."""
    if len(header) > METADATA_BYTES:
        raise TooLarge(
            text("Upload-Metadata may have {limit} bytes at most", limit=METADATA_BYTES), limit=METADATA_BYTES
        )
    found: dict[str, bytes] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not KEY.fullmatch(key):
            raise Malformed(text("a key in Upload-Metadata is ASCII, without blanks, and not empty"))
        if key in found:
            raise Malformed(text("Upload-Metadata names {key} twice", key=key))
        found[key] = decoded(value.strip(), "Upload-Metadata")
    return found


def checksum(header: str | None) -> Checksums:
    """Read Upload-Checksum: the name of an algorithm, and a digest in base64. Raises Malformed."""
    if header is None:
        return NOTHING_SAID
    name, _, value = header.strip().partition(" ")
    if name not in CHECKSUMS:
        raise Malformed(text("Upload-Checksum names none of {names}", names=", ".join(CHECKSUMS)))
    digest = decoded(value.strip(), "Upload-Checksum")
    if len(digest) * 2 != HEX_LENGTHS[name]:
        raise Malformed(text("the {name} in {field} has a wrong length", name=name, field="Upload-Checksum"))
    return Checksums(**{name: digest.hex()})


def decoded(value: str, field: str) -> bytes:
    """Return what base64 says. Raises Malformed."""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(text("a value in {field} is no base64", field=field)) from None


def number(header: str | None, field: str) -> int | None:
    """Read a number of bytes, None if it is not given. Raises Malformed."""
    if header is None:
        return None
    if not NUMBER.fullmatch(header.strip()):
        raise Malformed(text("{field} is a number of bytes", field=field))
    return int(header)


def length(header: str | None, deferred: str | None) -> int | None:
    """Read how long an upload is, None if its client will say that later. Raises Malformed."""
    if deferred is not None and deferred.strip() != "1":
        raise Malformed(text("Upload-Defer-Length is 1 or not sent"))
    if (header is None) == (deferred is None):
        raise Malformed(text("send either Upload-Length or Upload-Defer-Length"))
    return number(header, "Upload-Length")


def partial_ids(listed: str, below: str) -> list[str]:
    """Read of which partial uploads a final one is made, by their addresses below `below`.

    Raises Malformed.
    """
    ids = []
    for address in listed.split():
        folder, _, public_id = unquote(urlsplit(address).path).rstrip("/").rpartition("/")
        if not public_id or not folder.endswith(below):
            raise Malformed(text("Upload-Concat names uploads of this package, by their addresses"))
        if public_id in ids:
            raise Malformed(text("Upload-Concat names an upload twice; send its bytes twice"))
        ids.append(public_id)
    if not ids:
        raise Malformed(text("Upload-Concat names uploads of this package, by their addresses"))
    return ids
