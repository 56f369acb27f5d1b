"""The API describes itself, from the rows that answer."""

import json
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from wxcloudrun.kit.web.endpoint import rows


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    """The description of the application."""
    answer = app.test_client().get("/api/openapi.json")
    assert answer.content_type == "application/json"
    described: dict[str, Any] = json.loads(answer.data)
    return described


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every operation by its id."""
    return {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
    }


def test_given_the_rows_then_the_description_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    validate(document)

    assert document["openapi"] == "3.1.0"


def test_given_any_row_then_it_is_described(app: Flask, document: dict[str, Any]) -> None:
    assert set(operations(document)) == {row.operation for row in rows(app).values()}


def test_given_a_row_with_an_answer_then_its_envelope_is_described(document: dict[str, Any]) -> None:
    success = operations(document)["create_project"]["responses"]["200"]

    schema = success["content"]["application/json"]["schema"]
    assert schema["properties"]["code"] == {"const": 1}
    assert schema["properties"]["data"] == {"$ref": "#/components/schemas/ProjectOut"}


def test_given_a_row_with_refusals_then_their_reasons_are_named(document: dict[str, Any]) -> None:
    conflict = operations(document)["upload_raw"]["responses"]["409"]

    assert conflict["description"] == "version_taken"


def test_given_a_public_row_then_credentials_are_optional(document: dict[str, Any]) -> None:
    assert {} in operations(document)["download"]["security"]
    assert {} not in operations(document)["create_project"]["security"]
