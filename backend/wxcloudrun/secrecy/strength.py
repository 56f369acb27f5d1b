"""How hard a secret or a password is to guess: what everybody knows, and what is made of words.

The common passwords are those that Django refuses (`common_passwords.txt.gz`, see the licence beside it): the
most frequent of the lists that were published, made by Royce Williams.
"""

import gzip
import math
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise

MIN_SECRET_BYTES = 32
MIN_SECRET_BITS = 50  # by an estimate that takes random letters for words
MIN_TOKEN_BITS = 40
KNOWN = "must not be a value that everybody knows"
TELLTALE = re.compile(r"change.?me|passw|secret|example|default|12345|qwerty|your[-_ ]", re.IGNORECASE)
SEPARATORS = frozenset("-_. /")
BITS_OF_A_WORD = 10  # one of the thousand that come to mind
LONGEST_WORD = 12
SHORTEST_NAME = 3
LEAST_BESIDE_NAMES = 6  # characters
PIECES = re.compile(r"[a-z]{3,}|[A-Z]{3,}|[A-Z][a-z]{2,}|[0-9]+|.", re.DOTALL)

# What stands in this repository as an example or for tests; a test looks for others.
PUBLISHED = frozenset(
    {
        "unit-tests-sign-their-access-tokens-with-this",
        "unit-tests-hash-their-api-keys-with-this-one",
        "integration-tests-sign-their-access-tokens-with-this",
        "integration-tests-hash-their-api-keys-with-this-one",
        "registry-secret",
        "registry-admin",
        "tour-password",
        "a password for benchmarks",
        "an administrator's password",
        "minioadmin",
        "administrator",
        "admin123",
    }
)


def is_published(secret: str) -> bool:
    """Tell a value that stands in this repository, or in the manual of a server that everybody runs."""
    return secret.strip().casefold() in PUBLISHED


def is_known(secret: str) -> bool:
    """Tell what others know, from this repository or because everybody tries it."""
    return is_published(secret) or is_common(secret)


def is_common(password: str) -> bool:
    """Tell a password that is tried first, also with another case, digits or signs at its ends."""
    folded = password.strip().casefold()
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    return any(word in common_passwords() for word in {folded, bare} if word)


@cache
def common_passwords() -> frozenset[str]:
    """Return the passwords that most people have, in lower case; almost 20 000."""
    packed = files(__package__).joinpath("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n"))


def is_made_of(password: str, names: Iterable[str]) -> bool:
    """Tell a password that is little more than one or several of these names."""
    rest = password.casefold()
    for name in sorted(
        {each.casefold() for each in names if len(each) >= SHORTEST_NAME}, key=len, reverse=True
    ):
        rest = rest.replace(name, "")
    is_named = len(rest) < len(password.casefold())
    return is_named and len(re.sub(r"[\W\d_]", "", rest)) < LEAST_BESIDE_NAMES


def is_short_or_plain(secret: str) -> bool:
    """Tell a secret that is short or repeats a few characters."""
    return len(secret.encode()) < MIN_SECRET_BYTES or len(set(secret)) < MIN_SECRET_BYTES // 4


def weakness_of(secret: str, least_bits: float = MIN_SECRET_BITS) -> str | None:
    """Return what is wrong with a secret that nobody should have to guess, None if nothing is."""
    if is_known(secret):
        return KNOWN
    if TELLTALE.search(secret):
        return "must be random; it looks like an example"
    if estimated_bits(secret) < least_bits:
        return "must be random; it looks as if it were made of words, or repeats itself"
    return None


def estimated_bits(secret: str) -> float:
    """Return about how many bits of chance are in a secret, rather too few: words count as words.

    What repeats itself counts once, and what goes on as the alphabet or the digits do counts nothing.
    """
    period = (secret + secret).find(secret, 1)
    once = secret[:period] if secret else ""
    bare = once[:1] + "".join(each for before, each in pairwise(once) if abs(ord(each) - ord(before)) > 1)
    pieces = set()
    bits = 0.0
    for piece in PIECES.findall(bare):
        if len(piece) > 1 and piece in pieces:
            continue
        pieces.add(piece)
        bits += bits_of(piece)
    return bits


def bits_of(piece: str) -> float:
    """Return how many bits a run of letters or digits, or one character, is worth."""
    if piece.isdigit():
        return len(piece) * math.log2(10)
    if piece in SEPARATORS:
        return 1.0
    by_letter = len(piece) * math.log2(26)
    is_word = 1 < len(piece) <= LONGEST_WORD
    return min(by_letter, BITS_OF_A_WORD) if is_word else by_letter
