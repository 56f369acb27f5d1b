"""What other domains may read here: the table of tags, and the file that one leads to."""

from wxcloudrun.tags.models import Tag
from wxcloudrun.tags.queries import only_file

__all__ = [
    "Tag",
    "only_file",
]
