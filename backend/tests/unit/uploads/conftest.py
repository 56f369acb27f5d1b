"""What tests of uploads ask for besides the workshop."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.remains import remains_of
from wxcloudrun.artifacts.models import Artifact, Lease
from wxcloudrun.kit.db import Base
from wxcloudrun.uploads.models import Upload
from wxcloudrun.versions.models import Version

TABLES: tuple[type[Base], ...] = (Artifact, Lease, Upload, Version)


@pytest.fixture
def remains(app: Flask) -> Callable[[], dict[str, int]]:
    """Count everything that an upload can leave behind: rows, finished and unfinished objects."""
    return lambda: remains_of(app, TABLES)
