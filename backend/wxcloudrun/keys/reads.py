"""What other domains may read here: the table of keys, which are usable, how those of a project end."""

from wxcloudrun.keys.models import ApiKey, read_scopes
from wxcloudrun.keys.queries import is_usable, revoke_keys_bound_to

__all__ = [
    "ApiKey",
    "is_usable",
    "read_scopes",
    "revoke_keys_bound_to",
]
