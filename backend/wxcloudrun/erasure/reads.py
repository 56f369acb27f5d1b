"""What other domains may read here: the keys of rows that go."""

from wxcloudrun.erasure.queries import Keys

__all__ = [
    "Keys",
]
