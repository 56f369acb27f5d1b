"""What other domains may read here: the table of packages, their layouts, and what one holds."""

from wxcloudrun.packages.models import Layout, Package
from wxcloudrun.packages.queries import MAX_COUNTED, Contents, count_packages, layout_now, package

__all__ = [
    "MAX_COUNTED",
    "Contents",
    "Layout",
    "Package",
    "count_packages",
    "layout_now",
    "package",
]
