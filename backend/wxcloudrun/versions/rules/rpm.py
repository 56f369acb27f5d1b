"""The order of rpm packages, as rpm compares them (rpm-version(7); rpmvercmp() in rpm's sources)."""

import re
from functools import lru_cache

from wxcloudrun.versions.rules.sort_keys import Block, SortKey, VersionSortKey, block_of_revisions

PLACES_KEPT = 4_096

_VERSION = re.compile(r"(?:(?P<epoch>[0-9]{1,9}):)?(?P<version>[^-:]+)(?:-(?P<release>[^-:]+))?")
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|[~^]")  # whatever lies between is a separator and counts for nothing

type _Segment = tuple[int, int, str]

# How kinds of segments sort: a tilde even before the end of the text, a caret right behind that end.
_TILDE: _Segment = (-1, 0, "")
_END: _Segment = (0, 0, "")
_CARET: _Segment = (1, 0, "")
_WORD, _NUMBER = 2, 3
_BEHIND_ALL_RELEASES = ((4, 0, ""),)


@lru_cache(maxsize=PLACES_KEPT)
def rpm_place(text: str) -> VersionSortKey | None:
    """Return the place of `text`, which is `epoch:version-release`, or None if it is no such thing.

    rpm knows no prereleases, so there is none here: 1.0~rc1 comes before 1.0, and a release after it.
    """
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    release = _segments(found["release"]) if found["release"] else ()
    return VersionSortKey((int(found["epoch"] or 0), _segments(found["version"]), release))


def rpm_block(text: str) -> Block | None:
    """Return the block around `text`: without a release it stands for all of them, as in a dependency."""
    found = _VERSION.fullmatch(text)
    place = rpm_place(text)
    if found is None or place is None:
        return None
    return block_of_revisions(place, found["release"], _BEHIND_ALL_RELEASES)


def rpm_cut_before(epoch: int, numbers: tuple[int, ...]) -> SortKey:
    """Return the cut before every version that begins with these numbers."""
    return (epoch, _segments(".".join(map(str, numbers)))[:-1])


def _segments(text: str) -> tuple[_Segment, ...]:
    """Cut a text into what rpm compares one after the other, with a mark for its end."""
    return (*map(_segment, _SEGMENT.findall(text)), _END)


def _segment(text: str) -> _Segment:
    if text.isdigit():
        return (_NUMBER, int(text), "")
    if text.isalpha():
        return (_WORD, 0, text)
    return _TILDE if text == "~" else _CARET
