"""The API describes itself, from the rows that answer."""

import json
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from wxcloudrun.accounts.rules import check_password
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
    bytes_too = {f"{row.operation}_head" for row in rows(app).values() if row.answers_bytes}
    assert set(operations(document)) == {row.operation for row in rows(app).values()} | bytes_too


def test_given_a_row_with_an_answer_then_its_envelope_is_described(document: dict[str, Any]) -> None:
    success = operations(document)["create_project"]["responses"]["200"]

    schema = success["content"]["application/json"]["schema"]
    assert schema["properties"]["code"] == {"const": 1}
    assert schema["properties"]["data"] == {"$ref": "#/components/schemas/ProjectOut"}


def test_given_a_row_with_refusals_then_their_reasons_are_named(document: dict[str, Any]) -> None:
    conflict = operations(document)["upload_raw"]["responses"]["409"]

    assert conflict["description"].startswith("`version_taken`: ")
    data = document["components"]["schemas"]["VersionTaken"]["properties"]["data"]
    assert data["properties"]["reason"]["const"] == "version_taken"
    assert set(data["properties"]) == {"reason", "version", "existing", "offered"}


def test_given_a_public_row_then_credentials_are_optional(document: dict[str, Any]) -> None:
    assert {} in operations(document)["download"]["security"]
    assert {} not in operations(document)["create_project"]["security"]


def test_given_any_schema_then_its_examples_fit(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        body = operation.get("requestBody", {})
        for answer in (body, *operation["responses"].values()):
            for media in answer.get("content", {}).values():
                examples = [each["value"] for each in media.get("examples", {}).values()]
                examples += [media["example"]] if "example" in media else []
                for example in examples:
                    schema = {**media["schema"], "components": document["components"]}
                    Draft202012Validator(schema).validate(example)


def test_given_any_operation_then_everything_about_it_is_said(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
        assert all(parameter.get("schema") for parameter in operation["parameters"]), name
        for answer in operation["responses"].values():
            assert "X-Request-ID" in answer["headers"], name


def test_given_any_parameter_in_a_path_then_its_rule_is_known(document: dict[str, Any]) -> None:
    unknown = {
        parameter["name"]
        for operation in operations(document).values()
        for parameter in operation["parameters"]
        if parameter["in"] == "path" and parameter["description"] == parameter["name"]
    }
    assert unknown == set(), "say in kit/web/openapi/parameters.py what it may be"


def test_given_a_download_then_its_headers_are_described(document: dict[str, Any]) -> None:
    part = operations(document)["download"]["responses"]["206"]

    assert {"Content-Range", "ETag", "X-Checksum-SHA256", "Repr-Digest"} <= set(part["headers"])


def test_given_the_download_of_bytes_then_head_is_described_without_a_body(document: dict[str, Any]) -> None:
    head = operations(document)["download_head"]

    assert all("content" not in answer for answer in head["responses"].values())


@pytest.mark.parametrize("password", ["a" * 8, "é" * 4, "密码很", "🔑" * 2, "a" * 1024])
def test_given_a_password_that_is_taken_then_its_description_allows_it(
    document: dict[str, Any], password: str
) -> None:
    described = document["components"]["schemas"]["RegistrationIn"]["properties"]["password"]

    assert check_password(password) == password
    Draft202012Validator(described).validate(password)
