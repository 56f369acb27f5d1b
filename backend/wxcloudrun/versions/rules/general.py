"""One order for SemVer 2.0.0 and PEP 440: what a name says is read as SemVer, or else as PEP 440.

A key is epoch, release without trailing zeros, phase, prerelease identifiers, post and development number,
and the local label of PEP 440. The build metadata of SemVer never orders, so it is no part of the key.
"""

import math
import re
from functools import lru_cache
from typing import Final

import semver
from packaging.version import InvalidVersion
from packaging.version import Version as PythonVersion

from wxcloudrun.versions.rules.names import is_version
from wxcloudrun.versions.rules.sort_keys import Block, Label, SortKey, VersionSortKey

ORDERS_KEPT = 16_384

# A number sorts below a word, as SemVer 2.0.0 item 11.4.3 wants it.
type _Identifier = tuple[int, int, str]

_DEVELOPMENT, _PRERELEASE, _FINAL = 0, 1, 2
_NO_POST = -1
_NO_DEV = (1, 0)  # sorts behind every development number, which are (0, n)
_PYTHON_PHASES = {"a": "alpha", "b": "beta", "rc": "rc"}
# What sorts behind everything that can stand in the same place of a key.
_BEHIND_ALL_POSTS: Final = math.inf
_BEHIND_ALL_LABELS: Final = ((2, 0, ""),)

# The short form of a post-release (1.0-1) is the one place where PEP 440 says the opposite of SemVer, in
# which a hyphen begins a prerelease. Behind three numbers it is SemVer's, whatever follows; and with more
# behind it, as in 5.1-2+deb11u1, it is a revision of a distribution, which neither scheme can order.
_AMBIGUOUS_HYPHEN = re.compile(r"(?:\d+!)?(?:\d+\.\d+\.\d+-\d|[\d.]+-\d+[^\d])")


@lru_cache(maxsize=ORDERS_KEPT)
def order_of(text: str) -> VersionSortKey | None:
    """Return the place of `text` in the general order, or None if it follows neither SemVer nor PEP 440.

    SemVer pairs compare as item 11 of SemVer 2.0.0 says. Pairs that are PEP 440 only compare as PEP 440 says.
    Across the schemes a1, b2 and rc3 stand for -alpha.1, -beta.2 and -rc.3. A leading v means nothing.
    """
    if not is_version(text):
        return None
    bare = text[1:] if text[0] in "vV" else text
    try:
        return _semver_place(semver.Version.parse(bare))
    except ValueError:
        pass  # It may still be a version in the sense of PEP 440.
    if _AMBIGUOUS_HYPHEN.match(bare):
        return None
    try:
        return _python_place(PythonVersion(text))
    except InvalidVersion:
        return None


def block_of(text: str) -> Block | None:
    """Return the block around the version `text`, or None if it has no place. Its shape is PEP 440's.

    `<1.0` leaves the prereleases of 1.0 out, and `>1.0` its post-releases and local versions.
    """
    place = order_of(text)
    if place is None:
        return None
    epoch, release, phase, identifiers, post, dev, local = place.key
    public = (epoch, release, phase, identifiers, post, dev)
    first = place.key if local else public
    last = (*place.key, ()) if local else (*public, _BEHIND_ALL_LABELS)
    below: SortKey = first
    if not place.is_prerelease:
        below = public[:2] if post == _NO_POST else public[:5]
    has_posts = post == _NO_POST and dev == _NO_DEV
    above = (*public[:4], _BEHIND_ALL_POSTS) if has_posts else last
    return Block(below, first, last, above, place.label)


def cut_before(epoch: int, numbers: tuple[int, ...]) -> SortKey:
    """Return the cut before everything that begins with these numbers, prereleases included."""
    return (epoch, _without_trailing_zeros(numbers))


def _semver_place(version: semver.Version) -> VersionSortKey:
    release = _without_trailing_zeros((version.major, version.minor, version.patch))
    label = _label(version.build) if version.build else ()
    prerelease = version.prerelease
    if prerelease is None:
        return VersionSortKey((0, release, _FINAL, (), _NO_POST, _NO_DEV, ()), False, label)
    identifiers = tuple(_identifier(part) for part in prerelease.split("."))
    return VersionSortKey((0, release, _PRERELEASE, identifiers, _NO_POST, _NO_DEV, ()), True, label)


def _python_place(version: PythonVersion) -> VersionSortKey:
    phase = _FINAL
    identifiers: tuple[_Identifier, ...] = ()
    if version.pre is not None:
        letter, number = version.pre
        phase, identifiers = _PRERELEASE, (_identifier(_PYTHON_PHASES[letter]), (0, number, ""))
    elif version.dev is not None and version.post is None:
        phase = _DEVELOPMENT
    post = _NO_POST if version.post is None else version.post
    dev = _NO_DEV if version.dev is None else (0, version.dev)
    release = _without_trailing_zeros(version.release)
    label = _label(version.local) if version.local else ()
    key = (version.epoch, release, phase, identifiers, post, dev, tuple(map(_local_part, label)))
    return VersionSortKey(key, version.is_prerelease, label)


def _label(text: str) -> Label:
    parts = re.split(r"[-_.]", text.lower())
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _local_part(part: int | str) -> _Identifier:
    # PEP 440 puts numbers above words here: the reverse of SemVer's identifiers.
    return (1, part, "") if isinstance(part, int) else (0, 0, part)


def _identifier(part: str) -> _Identifier:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def _without_trailing_zeros(release: tuple[int, ...]) -> tuple[int, ...]:
    if release[-1]:
        return release
    end = len(release) - 1
    while end and release[end - 1] == 0:
        end -= 1
    return release[:end]
