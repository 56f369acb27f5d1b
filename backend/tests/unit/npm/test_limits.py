"""What there may be of packages, tags and bytes holds for npm too; nothing remains of what is too much."""

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.builders import content
from tests.support.node_registry import NodeRegistry, package_of
from tests.support.registry import Workshop
from tests.support.remains import remains_of
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.packages.models import Package
from wxcloudrun.uploads.models import Upload

LIMIT_BYTES = 200_000
TABLES = (Artifact, Lease, Upload, Package)


@pytest.fixture
def app(app_with: AppWith) -> Flask:
    """An application with room for little: the workshop has a package already."""
    return app_with(PACKAGES_PER_PROJECT="2", TAGS_PER_PACKAGE="2", MAX_UPLOAD_BYTES=str(LIMIT_BYTES))


def test_given_a_tarball_too_large_then_413_and_nothing_remains(app: Flask, registry: NodeRegistry) -> None:
    remains = remains_of(app, TABLES)

    answer = registry.publish(package_of(content=content(LIMIT_BYTES, seed=1)))

    assert (answer.status, answer.reason) == (413, "too_large")
    assert str(LIMIT_BYTES) in answer.msg
    assert remains_of(app, TABLES) == remains


def test_given_a_body_that_announces_too_much_then_413_before_it_comes(
    registry: NodeRegistry, shop: Workshop
) -> None:
    answer = shop.writer.put(
        registry.url(), b"no json at all", headers={"Content-Type": "application/json"},
        environ_overrides={"CONTENT_LENGTH": str(2**31)},
    )  # fmt: skip

    assert (answer.status, answer.reason) == (413, "too_large")


def test_given_a_package_or_a_tag_too_many_then_409_and_nothing_remains(
    app: Flask, registry: NodeRegistry
) -> None:
    registry.publish(package_of(), "beta").ok()
    remains = remains_of(app, TABLES)

    for answer in (
        registry.publish(package_of("other")),
        registry.publish(package_of(version="2.0.0"), "rc"),
    ):
        assert (answer.status, answer.reason) == (409, "quota_reached")

    assert remains_of(app, TABLES) == remains
    assert list(registry.packument()["versions"]) == ["1.0.0"]
    registry.publish(package_of(version="2.0.0")).ok()
