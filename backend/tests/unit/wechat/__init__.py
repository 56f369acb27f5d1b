"""Tests of logins by WeChat."""
