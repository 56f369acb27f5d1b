"""A real Redis, if `TEST_REDIS_URL` or the integration settings name one that answers."""

import os
import socket
from urllib.parse import urlsplit

import pytest

from tests.support.settings_files import environment

REDIS_URL = os.environ.get("TEST_REDIS_URL") or environment(".env.integration").get("REDIS_URL")


def answers(url: str | None) -> bool:
    """Tell whether somebody listens there."""
    parts = urlsplit(url or "")
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except OSError:
        return False
    return True


NEEDS_REDIS = pytest.mark.skipif(not answers(REDIS_URL), reason="no Redis answers at REDIS_URL")
