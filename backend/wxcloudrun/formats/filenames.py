"""Finds the version in the name of a file, as in myapp-1.2.3.tar.gz.

A version is the *whole* text that its maker wrote, or none: a part of it would take another release's name.
"""

import re

from wxcloudrun.formats.name_endings import split_endings
from wxcloudrun.formats.name_search import version_in_text

VERSION_CHARACTERS = 128

_DEBIAN_BINARY = r"[^_]+_(?P<version>[^_]+)_[a-z][a-z0-9-]*"
_DEBIAN_SOURCE = r"[^_]+_(?P<version>[^_]+)"
_WHEEL = r"[^-]+-(?P<version>[^-]+)-.+"
_NUGET = r".+?\.(?P<version>[0-9]+\.[0-9]+.*)"
# What is built by a tool has its version at a fixed place, with epoch and revision.
_FIXED_PLACES = {
    kind: re.compile(pattern, re.ASCII | re.IGNORECASE)
    for kind, pattern in {
        "whl": _WHEEL,
        "egg": _WHEEL,
        "deb": _DEBIAN_BINARY,
        "udeb": _DEBIAN_BINARY,
        "ddeb": _DEBIAN_BINARY,
        "ipk": _DEBIAN_BINARY,
        "changes": _DEBIAN_BINARY,
        "buildinfo": _DEBIAN_BINARY,
        "dsc": _DEBIAN_SOURCE,
        "orig.tar": _DEBIAN_SOURCE,
        "debian.tar": _DEBIAN_SOURCE,
        "rpm": r".+-(?P<version>[^-]+-[^-]+)\.[a-z][a-z0-9_]*",
        "conda": r".+-(?P<version>[^-]+)-[^-]+",
        "pkg.tar": r".+-(?P<version>[^-]+-[^-]+)-[^-]+",
        "nupkg": _NUGET,
        "snupkg": _NUGET,
        "crate": r".+?-(?P<version>[0-9]+\.[0-9]+\.[0-9]+.*)",
    }.items()
}
_TWO_NUMBERS = re.compile(r"[0-9]\.[0-9]", re.ASCII)
_BEGINS_WITH_TWO_NUMBERS = re.compile(r"(?:[0-9]+[:!])?[0-9]+\.[0-9]+", re.ASCII)
_LEGAL_VERSION = re.compile(rf"[!-.0-~]{{1,{VERSION_CHARACTERS}}}")


def version_in_filename(filename: str) -> str | None:
    """Return the version in a file name, at least two numbers with a dot between; None if none is sure.

    Packages that a tool named (wheels, .deb, .rpm, .nupkg ...) have theirs at a fixed place. Elsewhere it is
    searched for (see `name_search`). A leading v does not belong to it.
    """
    if not _TWO_NUMBERS.search(filename):
        return None
    stem, kind = split_endings(filename)
    pattern = _FIXED_PLACES.get(kind)
    placed = pattern.fullmatch(stem) if pattern else None
    version = _at_fixed_place(placed["version"]) if placed else version_in_text(stem, kind)
    return version if version and _LEGAL_VERSION.fullmatch(version) else None


def _at_fixed_place(text: str) -> str | None:
    # A colon cannot stand in the names of every file system, so Debian's archive writes the epoch's as %3a.
    version = re.sub("%3a", ":", text, flags=re.IGNORECASE).removeprefix("v")
    return version if _BEGINS_WITH_TWO_NUMBERS.match(version) else None
