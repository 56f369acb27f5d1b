"""What all schemes have in common: the place of a version in an order, and the block around a name.

A place is a key, and keys compare as tuples do. The beginning of a key sorts before every key that goes on
from it, so a beginning is a *cut*: a point in the order that lies before a whole family of versions. All
that ranges need of a scheme are the four cuts around what a comparator names.
"""

from dataclasses import dataclass, field

type SortKey = tuple[object, ...]
"""A key or a cut of one scheme; those of two schemes are never compared."""

type Label = tuple[int | str, ...]
"""The build metadata of SemVer, or the local label of PEP 440, as PEP 440 normalises it."""


@dataclass(frozen=True, slots=True, order=True)
class VersionSortKey:
    """The place of a version in the order of its scheme; equal for names that mean the same.

    `is_prerelease` tells what its author has not released. `label` sets `==1.0+cu121` apart from
    `==1.0+cu118`, although the two may share a place.
    """

    key: SortKey
    is_prerelease: bool = field(default=False, compare=False)
    label: Label = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """The versions that a name in a range stands for, between four cuts.

    `first` and `last` lie around the block itself. What belongs to it without being in it lies outside
    of those: its prereleases between `below` and `first`, its post-releases between `last` and `above`.
    `<` ends at `below`, `>=` begins at `first`, `<=` ends at `last`, and `>` begins at `above`.
    """

    below: SortKey
    first: SortKey
    last: SortKey
    above: SortKey
    label: Label = ()


def block_of_revisions(place: VersionSortKey, revision: str | None, behind_all: object) -> Block:
    """Return the block of a place made of epoch, version and revision: all revisions where none is named.

    `behind_all` sorts behind every revision.
    """
    first = place.key[:2] if revision is None else place.key
    behind = (*first, behind_all if revision is None else ())
    return Block(first, first, behind, behind)
