"""What somebody says that they publish, and what it has to agree with."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wxcloudrun.formats.npm_manifest import TarballDigests
from wxcloudrun.formats.npm_tarballs import tarball_name
from wxcloudrun.kit.errors import ChecksumMismatch, Invalid
from wxcloudrun.kit.texts import text

SHA1, SHA256, SHA512 = "sha1", "sha256", "sha512"


@dataclass(frozen=True, slots=True)
class NpmClaim:
    """What the document of a publication says of its tarball."""

    name: str
    version: str
    tags: frozenset[str]  # which shall point at the version
    length: int | None
    integrity: str | None  # as lock files hold it
    shasum: str | None
    said: Mapping[str, Any]  # of the version, beside what stands in the tarball
    readme: bytes

    @property
    def filename(self) -> str:
        """What the tarball is called in addresses."""
        return tarball_name(self.name, self.version)


def refuse_other_bytes(claim: NpmClaim, size_bytes: int, digests: TarballDigests, sha256: str) -> None:
    """Raise ChecksumMismatch, or Invalid for another length, unless the bytes are those that were claimed.

    Of several digests each has to agree that can be computed here.
    """
    if claim.length not in (None, size_bytes):
        sentence = text("the tarball has {actual} bytes, not {said}", actual=size_bytes, said=claim.length)
        raise Invalid.field("_attachments.length", sentence)
    actual = {SHA1: digests.sha1, SHA256: sha256, SHA512: digests.sha512.hex()}
    said = [(SHA1, claim.shasum.lower())] if claim.shasum else []
    said += [pair for word in (claim.integrity or "").split() if (pair := digest_in(word)) is not None]
    for algorithm, digest in said:
        if actual[algorithm] != digest:
            raise ChecksumMismatch(
                text("the bytes do not have the {algorithm} that was announced", algorithm=algorithm.upper()),
                algorithm=algorithm,
                expected=digest,
                received=actual[algorithm],
            )


def digest_in(word: str) -> tuple[str, str] | None:
    """Return algorithm and digest in hex of a part of an integrity; None for what is not computed here."""
    algorithm, _, encoded = word.partition("?")[0].partition("-")
    if algorithm not in (SHA1, SHA256, SHA512):
        return None
    try:
        return algorithm, base64.b64decode(encoded, validate=True).hex()
    except (binascii.Error, ValueError) as error:
        raise Invalid.field("dist.integrity", text("this is no digest in base64")) from error
