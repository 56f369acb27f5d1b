"""An administrator who reads the log, and the chain behind it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.support.builders import Person
from tests.support.client import ApiClient
from wxcloudrun.audit.rules import AuditKeys
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.secrecy.derived_keys import ServerKeys

AUDIT = "/api/v1/audit"


@pytest.fixture
def root(client: ApiClient, make_person: Callable[..., Person]) -> ApiClient:
    """An administrator."""
    return client.as_(make_person("root", is_admin=True).token)


@pytest.fixture
def audit(app: Flask) -> Iterator[AuditService]:
    """The service, within the application."""
    service: AuditService = app.extensions["services"][AuditService]
    with app.app_context():
        yield service


def entries(root: ApiClient, **filters: Any) -> list[dict[str, Any]]:
    """Return what the log says, oldest first."""
    return root.get(AUDIT, query={**filters, "limit": 200}).ok().items[::-1]


def keys_of(secret: str, previous: str | None = None) -> AuditKeys:
    """Return what a service with these secrets seals with."""
    return AuditKeys.of(ServerKeys(secret, previous))
