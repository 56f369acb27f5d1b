"""A package with one file in it: what most tests of downloads start from."""

from dataclasses import dataclass

import pytest
from flask import Flask

from tests.support.builders import content, sha256
from tests.support.registry import Workshop
from tests.support.shared_app import once

SIZE_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Stored:
    """One file behind the tag `stable` and the version 1.0.0."""

    data: bytes
    digest: str

    @property
    def etag(self) -> str:
        """What a download says of these bytes."""
        return f'"{self.digest}"'


def upload(shop: Workshop) -> Stored:
    """Put a file in."""
    data = content(SIZE_BYTES)
    shop.upload(data, "app.zip", tag="stable", version="1.0.0").ok()
    return Stored(data, sha256(data))


@pytest.fixture
def stored(app: Flask, shop: Workshop) -> Stored:
    """A file in the private workshop."""
    return once(app, "file", lambda: upload(shop))


@pytest.fixture
def published(app: Flask, public_shop: Workshop) -> Stored:
    """The same in the public workshop."""
    return once(app, "published file", lambda: upload(public_shop))
