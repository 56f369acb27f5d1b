"""Service accounts of a project and of the administrators, and clients that present their keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.builders import Person
from tests.support.client import ApiClient
from tests.support.registry import Workshop

URL = "/api/v1/service-accounts"


@dataclass(frozen=True, slots=True)
class Robot:
    """A service account, one of its keys, and a client that presents the key."""

    data: dict[str, Any]
    key: dict[str, Any]
    client: ApiClient

    @property
    def id(self) -> int:
        return int(self.data["id"])

    @property
    def url(self) -> str:
        return f"{URL}/{self.id}"


MakeRobot = Callable[..., Robot]


def robot_of(maker: ApiClient, **wish: Any) -> Robot:
    """Make a service account and a key for it."""
    data = maker.post(URL, wish).ok().data
    key = maker.post(f"{URL}/{data['id']}/keys", {"name": "key"}).ok().data
    return Robot(data, key, maker.as_(key["key"]))


@pytest.fixture
def root(client: ApiClient, make_person: Callable[..., Person]) -> ApiClient:
    """An administrator."""
    return client.as_(make_person("root", is_admin=True).token)


@pytest.fixture
def robot(shop: Workshop) -> Robot:
    """A service account of the project, which writes."""
    return robot_of(shop.owner, name="ci", project=shop.project, role="writer")


@pytest.fixture
def shared_robot(root: ApiClient) -> Robot:
    """A service account of the administrators."""
    return robot_of(root, name="mirror")
