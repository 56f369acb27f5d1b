"""What other domains may read here: what a package holds, and whether a file is in it."""

from wxcloudrun.uploads.queries import contents, holds_file

__all__ = [
    "contents",
    "holds_file",
]
