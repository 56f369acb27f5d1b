"""The API describes itself, from the rows that answer."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from wxcloudrun.jobs.models import JobState
from wxcloudrun.kit.security import CredentialKind, Scope
from wxcloudrun.users.rules import check_password
from wxcloudrun.versions.rules.choices import WhyNot
from wxcloudrun.web.endpoint import rows, words
from wxcloudrun.web.openapi.meanings import WORDS
from wxcloudrun.web.words import PathPart, Words


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


def test_given_any_row_of_ours_then_it_is_described(app: Flask, document: dict[str, Any]) -> None:
    ours = {row for row in rows(app).values() if not row.protocol}
    bytes_too = {f"{row.operation}_head" for row in ours if row.answers_bytes}
    assert set(operations(document)) == {row.operation for row in ours} | bytes_too
    assert {row.tag for row in set(rows(app).values()) - ours} == {"npm", "pypi", "tus"}


def test_given_a_row_with_an_answer_then_its_envelope_is_described(document: dict[str, Any]) -> None:
    success = operations(document)["create_project"]["responses"]["200"]

    schema = success["content"]["application/json"]["schema"]
    assert schema["properties"]["code"]["const"] == 1
    assert schema["properties"]["data"] == {"$ref": "#/components/schemas/ProjectOut"}


def test_given_a_row_with_several_successes_then_each_is_described(document: dict[str, Any]) -> None:
    shapes = {
        (operation, status): answer["content"]["application/json"]["schema"]["properties"]["data"]["$ref"]
        for operation in ("begin_upload_session", "complete_upload_session")
        for status, answer in operations(document)[operation]["responses"].items()
        if status.startswith("2")
    }

    assert {key: ref.rpartition("/")[2] for key, ref in shapes.items()} == {
        ("begin_upload_session", "200"): "UploadOut",
        ("begin_upload_session", "201"): "SessionOut",
        ("complete_upload_session", "200"): "UploadOut",
        ("complete_upload_session", "202"): "SealingOut",
    }
    meanwhile = operations(document)["complete_upload_session"]["responses"]["202"]
    assert "Retry-After" in meanwhile["headers"]


def test_given_a_row_with_refusals_then_their_reasons_are_named(document: dict[str, Any]) -> None:
    conflict = operations(document)["upload_raw"]["responses"]["409"]

    assert "`version_taken`: " in conflict["description"]
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
    assert unknown == set(), "say in the words.py of the domain what it may be"


def test_given_a_download_then_its_headers_are_described(document: dict[str, Any]) -> None:
    part = operations(document)["download"]["responses"]["206"]

    assert {"Content-Range", "ETag", "X-Checksum-SHA256", "Repr-Digest"} <= set(part["headers"])


def test_given_the_download_of_bytes_then_head_is_described_without_a_body(document: dict[str, Any]) -> None:
    head = operations(document)["download_head"]

    assert all("content" not in answer for answer in head["responses"].values())


def objects(schema: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object with fields in a schema, with the name of where it stands."""
    if isinstance(schema, list):
        for each in schema:
            yield from objects(each, name)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield name, schema["properties"]
        for key, each in schema.items():
            if key not in {"example", "examples"}:
                # The fields of an object are no object themselves, even if one is called `properties`.
                inner = list(each.values()) if key == "properties" and isinstance(each, dict) else each
                yield from objects(inner, f"{name}.{key}")


def properties(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every property of the document: where, its name, its schema."""
    for where, found in objects({"paths": document["paths"], **document["components"]}, ""):
        for name, schema in found.items():
            yield where, name, schema


def shapes(schema: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a value may be: the schema, or those of a choice, references followed."""
    if "$ref" in schema:
        return shapes(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    choices = schema.get("anyOf", [schema])
    return choices if choices == [schema] else [each for one in choices for each in shapes(one, document)]


def test_given_any_parameter_then_its_meaning_is_said(document: dict[str, Any]) -> None:
    unsaid = {
        (name, parameter["name"])
        for name, operation in operations(document).items()
        for parameter in operation["parameters"]
        if len(parameter.get("description", "")) < 3
    }

    assert unsaid == set(), "say it in the words.py of the domain, or in Field(description=…)"


def test_given_any_property_then_its_meaning_is_said(document: dict[str, Any]) -> None:
    unsaid = {
        (where, name)
        for where, name, schema in properties(document)
        if not any(each.get("description") for each in (schema, *shapes(schema, document)))
    }

    assert unsaid == set(), "say it in the words.py of the domain, or in Field(description=…)"


def test_given_what_the_domains_say_then_each_of_it_is_somewhere_used(
    document: dict[str, Any], app: Flask
) -> None:
    said = Words.of_all((WORDS, *words(app)))
    fields = {name for _, name, _ in properties(document)}
    parameters = {
        each["name"] for operation in operations(document).values() for each in operation["parameters"]
    }
    schemas = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for _, found in objects(schema, "")
        for field in found
    }

    assert {each for each in said.meanings if each not in fields | parameters | schemas} == set()
    assert {each for each in said.examples if each not in fields | parameters} == set()
    assert {each for each in said.paths if each not in parameters} == set()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("meanings", Words(meanings={"color": "what it looks like"})),
        ("examples", Words(examples={"color": "green"})),
        ("paths", Words(paths={"color": PathPart({}, "what it looks like")})),
    ],
)
def test_given_two_domains_that_say_what_the_same_field_is_then_that_is_refused(
    kind: str, said: Words
) -> None:
    with pytest.raises(ValueError, match=rf"{kind} what these are: \['color'\]"):
        Words.of_all([said, said])


def test_given_any_time_then_it_is_described_as_one(document: dict[str, Any]) -> None:
    times = [
        (where, name, schema)
        for where, name, schema in properties(document)
        if name.endswith("_at") or name in {"at", "since", "until", "not_before"}
    ]

    assert len(times) > 20
    for where, name, schema in times:
        kinds = [each for each in shapes(schema, document) if each != {"type": "null"}]
        assert [each.get("format") for each in kinds] == ["date-time"], (where, name)
    audit = {each["name"]: each["schema"] for each in operations(document)["list_audit"]["parameters"]}
    assert audit["since"]["format"] == audit["until"]["format"] == "date-time"


@pytest.mark.parametrize(
    ("model", "field", "names"),
    [
        ("VersionOut", "status", {"created", "downloaded", "activated", "failed"}),
        ("ReleaseOut", "status", {"created", "downloaded", "activated", "failed"}),
        ("ReleaseQuery", "status", {"created", "downloaded", "activated", "failed"}),
        ("VersionOut", "version_source", {"explicit", "metadata", "filename"}),
        ("UploadOut", "version_source", {"explicit", "metadata", "filename"}),
        ("UploadListed", "version_source", {"explicit", "metadata", "filename"}),
        ("ProjectOut", "role", {"reader", "writer", "maintainer", "owner"}),
        ("MemberOut", "role", {"reader", "writer", "maintainer", "owner"}),
        ("MemberIn", "role", {"reader", "writer", "maintainer", "owner"}),
        ("KeyOut", "scopes", {str(scope) for scope in Scope}),
        ("KeyIn", "scopes", {str(scope) for scope in Scope}),
        ("ExcludedOut", "why", set(get_args(WhyNot.__value__))),
        ("EntryOut", "credential", {str(kind) for kind in CredentialKind}),
        ("JobOut", "state", {str(state) for state in JobState}),
        ("HealthOut", "status", {"healthy"}),
        ("CacheOut", "status", {"initialized", "unavailable"}),
    ],
)
def test_given_a_field_with_fixed_values_then_they_are_all_named(
    document: dict[str, Any], model: str, field: str, names: set[str]
) -> None:
    schema = document["components"]["schemas"][model]["properties"][field]
    (kind,) = [each for each in shapes(schema, document) if each != {"type": "null"}]
    (kind,) = shapes(kind.get("items", kind), document)

    assert set(kind.get("enum", [kind.get("const")])) == names


def test_given_a_reference_then_everything_that_it_may_be_is_named(document: dict[str, Any]) -> None:
    for operation in ("download", "resolve"):
        (ref,) = [each for each in operations(document)[operation]["parameters"] if each["name"] == "ref"]
        for word in ("version:", "tag:", "artifact:", "latest", "active"):
            assert f"`{word}" in ref["description"], (operation, word)


def test_given_an_optional_field_then_nothing_is_proposed_for_it(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        for parameter in operation["parameters"]:
            proposed = {"example", "examples"} & {*parameter, *parameter["schema"]}
            assert parameter["required"] or not proposed, (name, parameter["name"])
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            fields = media["schema"].get("properties", {}) if kind != "application/json" else {}
            for field, schema in fields.items():
                assert not {"example", "examples", "default"} & set(schema), (name, field)


def test_given_a_json_body_then_the_first_example_holds_what_is_required_and_nothing_else(
    document: dict[str, Any],
) -> None:
    for name, operation in operations(document).items():
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            continue
        (schema,) = shapes(media["schema"], document)
        first: dict[str, Any] = next(iter(schema.get("oneOf", [])), {})
        needed = {*schema.get("required", ()), *first.get("required", ())}
        examples = list(media.get("examples", {"only": {"value": media.get("example")}}).values())
        assert set(examples[0]["value"]) == needed, name
        assert set(examples[-1]["value"]) >= needed, name


@pytest.mark.parametrize("password", ["mvv8!kqz", "é" * 4, "密码很", "🔑" * 2, "a" * 1024])
def test_given_a_password_that_is_taken_then_its_description_allows_it(
    document: dict[str, Any], password: str
) -> None:
    described = document["components"]["schemas"]["RegistrationIn"]["properties"]["password"]

    assert check_password(password) == password
    Draft202012Validator(described).validate(password)
