"""A private project of somebody who has a password, for clients of npm."""

import pytest
from flask import Flask

from tests.support.logins import AddUser, LogIn, SignedIn
from tests.support.shared_app import once


@pytest.fixture
def ada(app: Flask, add_user: AddUser, log_in: LogIn) -> SignedIn:
    """Somebody who owns the project `tools`."""

    def build() -> SignedIn:
        add_user()
        person = log_in()
        person.call("POST", "/api/v1/projects", {"name": "tools"}).ok()
        return person

    return once(app, "ada of tools", build)
