"""What can happen to bindings to WeChat."""

from wxcloudrun.kit.events import EventKind

WECHAT_BOUND = EventKind("wechat.bound")
