"""What tests of deposits ask for besides the workshop."""

import itertools
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.support.builders import Person
from tests.support.client import ApiClient
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.kit.db import Base, reading
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import Version
from wxcloudrun.wiring import blob_store

TABLES: tuple[type[Base], ...] = (Artifact, Lease, Upload, Version)


@pytest.fixture
def administrator(client: ApiClient, make_person: Callable[..., Person]) -> ApiClient:
    """A client that sees every artifact."""
    return client.as_(make_person("administrator", is_admin=True).token)


@pytest.fixture
def remains(app: Flask) -> Callable[[], dict[str, int]]:
    """Count everything that an upload can leave behind: rows, finished and unfinished objects."""

    def count() -> dict[str, int]:
        with app.app_context(), reading() as session:
            found = {
                table.__tablename__: session.execute(select(func.count()).select_from(table)).scalar_one()
                for table in TABLES
            }
        store = blob_store(app.extensions["settings"])
        found["objects"] = sum(1 for _ in itertools.chain(store.keys(), store.unfinished()))
        return found

    return count
