"""The order of Debian packages, as dpkg compares them (deb-version(7), Debian policy 5.6.12)."""

import re
from functools import lru_cache

from wxcloudrun.versions.rules.sort_keys import Block, SortKey, VersionSortKey, block_of_revisions

PLACES_KEPT = 4_096

# A hyphen parts the upstream version from the revision; so only what has a revision may have another one.
_VERSION = re.compile(
    r"(?:(?P<epoch>[0-9]{1,9}):)?"
    r"(?P<upstream>[0-9][0-9A-Za-z.+~-]*(?=-[0-9A-Za-z.+~]+\Z)|[0-9][0-9A-Za-z.+~]*)"
    r"(?:-(?P<revision>[0-9A-Za-z.+~]+))?"
)
_RUN = re.compile(r"([^0-9]*)([0-9]*)")
_NO_REVISION = "0"  # the same as none at all
_BEHIND_ALL_REVISIONS = ((1 << 16,),)

type _Parts = tuple[tuple[int, ...] | int, ...]


@lru_cache(maxsize=PLACES_KEPT)
def debian_place(text: str) -> VersionSortKey | None:
    """Return the place of `text` among Debian versions, or None if policy does not allow such a version.

    dpkg knows no prereleases, so there is none here: 1.0~rc1 comes before 1.0, and a revision after it.
    """
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    upstream, revision = _parts(found["upstream"]), _parts(found["revision"] or _NO_REVISION)
    return VersionSortKey((int(found["epoch"] or 0), upstream, revision))


def debian_block(text: str) -> Block | None:
    """Return the block around `text`: without a revision it stands for all of them."""
    found = _VERSION.fullmatch(text)
    place = debian_place(text)
    if found is None or place is None:
        return None
    return block_of_revisions(place, found["revision"], _BEHIND_ALL_REVISIONS)


def debian_cut_before(epoch: int, numbers: tuple[int, ...]) -> SortKey:
    """Return the cut before every version whose upstream part begins with these numbers."""
    return (epoch, _parts(".".join(map(str, numbers)))[:-1])


def _parts(text: str) -> _Parts:
    """Cut a text into what dpkg compares one after the other: what is no number, a number, and so on.

    What is no number ends in a 0, which stands for its end: behind a tilde and before everything else.
    """
    parts: list[tuple[int, ...] | int] = []
    for other, digits in _RUN.findall(text):
        parts.append((*map(_rank, other), 0))
        parts.append(int(digits or 0))
    return tuple(parts[:-1])  # findall ends with a match of nothing: the end of the text


def _rank(character: str) -> int:
    """Return where a character sorts: a tilde before the end, then letters, then the rest."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
