"""What other domains may read here: what a package holds."""

from wxcloudrun.uploads.queries import contents

__all__ = [
    "contents",
]
