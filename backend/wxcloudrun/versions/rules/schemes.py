"""Which scheme a version belongs to: the general one, unless a Debian or rpm package said its version."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wxcloudrun.versions.rules import debian, general, rpm
from wxcloudrun.versions.rules.sort_keys import Block, SortKey, VersionSortKey


@dataclass(frozen=True, slots=True)
class Scheme:
    """How versions of one kind are read.

    `place` gives the place of a name, None if it is no version of this scheme; `block` gives what the same
    name stands for in a range. `cut_before` takes an epoch and some numbers, and lies before everything
    that begins with them.
    """

    place: Callable[[str], VersionSortKey | None]
    block: Callable[[str], Block | None]
    cut_before: Callable[[int, tuple[int, ...]], SortKey]


GENERAL = None
"""The name of the general scheme, which is that of every version without another."""

SCHEMES: Mapping[str | None, Scheme] = {
    GENERAL: Scheme(general.order_of, general.block_of, general.cut_before),
    "deb": Scheme(debian.debian_place, debian.debian_block, debian.debian_cut_before),
    "rpm": Scheme(rpm.rpm_place, rpm.rpm_block, rpm.rpm_cut_before),
}


def scheme_of_file(filename: str) -> str | None:
    """Return the name of the scheme of a version that was read from the metadata of such a file."""
    lowered = filename.lower()
    return next((name for name in SCHEMES if name is not None and lowered.endswith(f".{name}")), GENERAL)
