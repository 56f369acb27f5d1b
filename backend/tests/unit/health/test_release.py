"""One number for the release of the service and of its command line, wherever it is shown."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from flask import Flask

import pkgctl
from pkgctl.main import run
from tests.support.client import ApiClient, sender
from tests.support.registry import PersonMaker, Workshop
from wxcloudrun.kit.release import VERSION

BACKEND = Path(__file__).resolve().parents[3]


def test_given_the_number_in_the_project_then_everything_says_it(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    (written,) = re.findall(r'^version = "(.*?)"', (BACKEND / "pyproject.toml").read_text(), re.MULTILINE)
    client = ApiClient(sender(app))

    assert run(["--version"]) == 0
    assert {
        written,
        VERSION,
        pkgctl.VERSION,
        capsys.readouterr().out.split()[-1],
        client.get("/api/health").data["version"],
        json.loads(client.get("/api/openapi.json").body)["info"]["version"],
        tomllib.loads((BACKEND / "pyproject.toml").read_text())["project"]["version"],
    } == {"0.2.0"}


def test_given_an_administrator_then_every_answer_names_the_release(
    shop: Workshop, client: ApiClient, make_person: PersonMaker
) -> None:
    admin = client.as_(make_person("admin", is_admin=True).token)

    assert admin.get("/api/v1/users").headers["X-Registry-Version"] == VERSION
    assert admin.get("/api/v1/project/none").headers["X-Registry-Version"] == VERSION
    for other in (shop.owner, shop.anonymous, client):
        assert "X-Registry-Version" not in other.get("/api/v1/projects").headers
        assert "X-Registry-Version" not in other.get("/api/health").headers


def test_given_the_changes_then_they_are_told_by_release() -> None:
    changes = (BACKEND.parent / "CHANGELOG.md").read_text(encoding="utf-8")

    headings = re.findall(r"^## (.+)$", changes, re.MULTILINE)
    assert headings[0] in {"Unreleased", f"{VERSION} - in progress"}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", heading) for heading in headings[1:])
    assert headings[1:], "the first release has a heading of its own"
