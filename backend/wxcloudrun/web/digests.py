"""What the headers of a request say about its body as digests.

`Content-Digest` and `Repr-Digest` (RFC 9530), `Digest` (RFC 3230), which came before them, and `Content-MD5`
(RFC 1864). They are the same bytes here, because parts of files and coded bodies are refused.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

from flask import request

from wxcloudrun.kit.checksums import HEX_LENGTHS, NOTHING_SAID, Checksums
from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.measuring import Measurement

OF_CONTENT = ("Content-Digest", "Content-MD5")  # of what is sent, also where that is nothing
FIELDS = (*OF_CONTENT, "Repr-Digest", "Digest")
ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512", "sha": "sha1", "md5": "md5"}
DICTIONARY_MEMBER = re.compile(r"[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):[ \t]*(?:;[^,]*)?")
INSTANCE_DIGEST = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9-]*)=([A-Za-z0-9+/=]+)[ \t]*")


def announced() -> Checksums:
    """Return what the digest fields of the request say.

    Raises Malformed for one in a wrong format, for two that disagree, and for one that names only what is
    not checked here: what a client asserts is checked or refused, and never passed over. Beside a digest
    that is checked, others may stand that are not (RFC 9530 section 3).
    """
    said = NOTHING_SAID
    for field in FIELDS:
        given = request.headers.get(field)
        if given is not None:
            said = said.also(parsed(field, given))
    return said


def parsed(field: str, given: str) -> Checksums:
    """Read one field."""
    if field == "Content-MD5":
        return Checksums(md5=decoded(field, "md5", given.strip()))
    member = INSTANCE_DIGEST if field == "Digest" else DICTIONARY_MEMBER
    digests: dict[str, str] = {}
    for part in given.split(","):
        matched = member.fullmatch(part)
        if matched is None:
            raise wrong_format(field)
        name = ALGORITHMS.get(matched[1].lower())
        if name is not None:
            digests[name] = decoded(field, name, matched[2])
    if not digests:
        raise Malformed(text("{field} names no digest that is checked here; send sha-256", field=field))
    return Checksums(**digests)


def decoded(field: str, name: str, encoded: str) -> str:
    """Turn a digest from base64 to hex. Raises Malformed."""
    if re.fullmatch(f"[0-9A-Fa-f]{{{HEX_LENGTHS[name]}}}", encoded):
        raise Malformed(
            text("the {name} in {field} is hexadecimal; write it in base64", name=name, field=field)
        )
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong_format(field) from error
    if len(digest) * 2 != HEX_LENGTHS[name]:
        raise Malformed(text("the {name} in {field} has a wrong length", name=name, field=field))
    return digest.hex()


def wrong_format(field: str) -> Malformed:
    """Say how the field is written."""
    if field == "Content-MD5":
        return Malformed(text("Content-MD5 is 16 bytes in base64"))
    if field == "Digest":
        return Malformed(text("Digest must look like SHA-256=BASE64"))
    return Malformed(text("{field} must look like sha-256=:BASE64:", field=field))


def verified(said: Checksums, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks of a body. Raises ChecksumMismatch at its end if it is another than was said."""
    if not said.given:
        yield from blocks
        return
    measurement = Measurement(said.given)
    yield from measurement.pass_through(blocks)
    said.verify(measurement.result())
