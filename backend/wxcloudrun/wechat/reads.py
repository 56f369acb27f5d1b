"""What other domains may read here: how an identity of WeChat is forgotten."""

from wxcloudrun.wechat.queries import forget_wechat_identity

__all__ = [
    "forget_wechat_identity",
]
