"""The events of WeChat bindings."""

from wxcloudrun.kit.events import EventKind

WECHAT_BOUND = EventKind("wechat.bound")
WECHAT_UNBOUND = EventKind("wechat.unbound")
WECHAT_LINKED = EventKind("wechat.linked")
