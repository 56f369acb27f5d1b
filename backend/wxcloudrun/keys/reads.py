"""What other domains may read here: the table of keys, which are usable."""

from wxcloudrun.keys.models import ApiKey, read_scopes
from wxcloudrun.keys.queries import is_usable, scopes_of_keys

__all__ = [
    "ApiKey",
    "is_usable",
    "read_scopes",
    "scopes_of_keys",
]
