"""Which paths take files, told from the rows of the endpoints."""

import pytest
from flask import Flask

from wxcloudrun.web.upload_paths import upload_paths

PACKAGE = "/api/v1/project/tools/hammer"


@pytest.mark.parametrize(
    "path",
    [
        f"{PACKAGE}/upload",
        f"{PACKAGE}/upload/a.bin",
        f"{PACKAGE}/upload/lib/arm64/a%20b.so",
        f"{PACKAGE}/uploads/sessions/x1/parts/7",
        "/tus/tools/hammer",
        "/tus/tools/hammer/x1",
    ],
)
def test_given_an_endpoint_for_files_then_its_path_is_one(app: Flask, path: str) -> None:
    assert upload_paths(app).match(path)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/auth/login",
        f"{PACKAGE}/uploads/sessions",
        f"{PACKAGE}/uploads/sessions/x1/complete",
        f"{PACKAGE}/uploads/check",
        "/api/v1/project/tools/packages/hammer",
        f"/api/v1/auth/login?{PACKAGE}/upload",
        "/",
        "",
    ],
)
def test_given_any_other_then_it_is_none(app: Flask, path: str) -> None:
    assert not upload_paths(app).match(path)
