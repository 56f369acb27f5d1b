"""The use cases of logins by WeChat."""
