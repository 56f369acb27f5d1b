"""The URL of the presented credential: data, not code."""

from wxcloudrun.identity import controller
from wxcloudrun.web.endpoint import Endpoint, blueprint

ENDPOINTS = [
    Endpoint(
        "DELETE", "/auth/token", controller.revoke_credential, "revoke_credential",
        "Revoke the credential of this very request", scope=None, widens_access=False, status=204,
    ),
]  # fmt: skip

identity = blueprint("identity", "/api/v1", ENDPOINTS, tag="accounts")
