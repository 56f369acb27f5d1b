"""What a sender says about bytes, compared with what was measured."""

from dataclasses import dataclass
from typing import Protocol

from wxcloudrun.kit.errors import ChecksumMismatch, Malformed
from wxcloudrun.kit.texts import text

HEX_LENGTHS = {"sha256": 64, "sha512": 128, "sha1": 40, "md5": 32}
ALGORITHMS = tuple(HEX_LENGTHS)


class Digests(Protocol):
    """Digests in lower-case hex, None where one is not known."""

    @property
    def sha256(self) -> str | None:
        """The SHA-256."""

    @property
    def sha512(self) -> str | None:
        """The SHA-512."""

    @property
    def sha1(self) -> str | None:
        """The SHA-1."""

    @property
    def md5(self) -> str | None:
        """The MD5."""


@dataclass(frozen=True, slots=True)
class Checksums:
    """What the sender says it sends, in lower-case hex; checked, never trusted."""

    sha256: str | None = None
    sha512: str | None = None
    sha1: str | None = None
    md5: str | None = None

    @property
    def given(self) -> frozenset[str]:
        """Which of the digests the sender has named."""
        return frozenset(name for name in ALGORITHMS if getattr(self, name) is not None)

    def also(self, others: "Checksums") -> "Checksums":
        """Return what both say. Raises Malformed if they name two digests of one algorithm."""
        said: dict[str, str | None] = {}
        for algorithm in ALGORITHMS:
            mine, other = getattr(self, algorithm), getattr(others, algorithm)
            if None not in (mine, other) and mine != other:
                raise Malformed(
                    text("the headers name two different digests ({name})", name=algorithm.upper())
                )
            said[algorithm] = mine or other
        return Checksums(**said)

    def verify(self, actual: Digests) -> None:
        """Raise ChecksumMismatch, which names both digests; what is not known cannot disagree."""
        for algorithm in ALGORITHMS:
            expected, received = getattr(self, algorithm), getattr(actual, algorithm)
            if None not in (expected, received) and expected != received:
                raise ChecksumMismatch(
                    text(
                        "the bytes do not have the {algorithm} that was announced",
                        algorithm=algorithm.upper(),
                    ),
                    algorithm=algorithm,
                    expected=expected,
                    received=received,
                )


NOTHING_SAID = Checksums()
