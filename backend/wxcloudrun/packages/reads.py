"""What other domains may read here: the table of packages, where one is, its layout, and what it holds."""

from wxcloudrun.packages.models import Layout, Package
from wxcloudrun.packages.queries import (
    MAX_COUNTED,
    Contents,
    FoundPackage,
    count_packages,
    has_held_packages,
    layout_now,
    package,
    place_of,
)

__all__ = [
    "MAX_COUNTED",
    "Contents",
    "FoundPackage",
    "Layout",
    "Package",
    "count_packages",
    "has_held_packages",
    "layout_now",
    "package",
    "place_of",
]
