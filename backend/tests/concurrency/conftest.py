"""The same shared service as the integration tests use."""

from tests.integration.conftest import admin, admin_token, package_url, server

__all__ = ["admin", "admin_token", "package_url", "server"]
