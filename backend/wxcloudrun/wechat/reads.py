"""What other domains may read here: since when somebody is bound."""

from wxcloudrun.wechat.queries import bound_at

__all__ = [
    "bound_at",
]
