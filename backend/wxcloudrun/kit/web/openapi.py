"""The description of the API (OpenAPI 3.1), made from the endpoint rows and the models that validate."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from apispec import APISpec
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from wxcloudrun.kit.errors import (
    AppError,
    Forbidden,
    Invalid,
    Malformed,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from wxcloudrun.kit.web.endpoint import Body, Caller, Endpoint

VERSION = "3.1.0"
SCHEMAS = "#/components/schemas/{model}"
PARAMETER = re.compile(r"<(?:[a-z]+:)?([a-z0-9_]+)>")
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API key"},
    "basic": {"type": "http", "scheme": "basic", "description": "Any user name, an API key as the password"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session_id"},
}
SECURITY: Mapping[Caller, list[dict[str, list[str]]]] = {
    Caller.ANYONE: [{}],
    Caller.PUBLIC: [{}, {"bearer": []}, {"basic": []}, {"cookie": []}],
    Caller.KNOWN: [{"bearer": []}, {"basic": []}, {"cookie": []}],
}

type Schema = dict[str, Any]
type Refs = dict[tuple[type[BaseModel], JsonSchemaMode], Schema]


def describe(endpoints: Mapping[str, Endpoint], rules: Mapping[str, str], *, server: str) -> Schema:
    """Return the document. `rules` are the rows' whole URL rules, `server` is where clients find them."""
    spec = APISpec("Registry", "1", VERSION, servers=[{"url": server}])
    for name, scheme in SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    refs, schemas = schemas_of(endpoints)
    for name, schema in sorted(schemas.items()):
        spec.components.schema(name, schema)
    for name, row in sorted(endpoints.items()):
        path = PARAMETER.sub(r"{\1}", rules[name])
        spec.path(path, operations={row.method.lower(): operation(row, rules[name], refs)})
    document: Schema = spec.to_dict()
    return document


def schemas_of(endpoints: Mapping[str, Endpoint]) -> tuple[Refs, dict[str, Schema]]:
    """Return a schema for every model that goes in or comes out, and how to refer to each."""
    rows = endpoints.values()
    pairs: set[tuple[type[BaseModel], JsonSchemaMode]] = set()
    pairs |= {(row.body, "validation") for row in rows if isinstance(row.body, type)}
    pairs |= {(row.answer, "serialization") for row in rows if row.answer is not None}
    ordered = sorted(pairs, key=lambda pair: (pair[0].__name__, pair[1]))
    refs, definitions = models_json_schema(ordered, ref_template=SCHEMAS)
    return cast("Refs", refs), {**definitions.get("$defs", {}), "Failure": failure_schema()}


def failure_schema() -> Schema:
    """Describe the envelope of an error."""
    reason = {"type": "string", "description": "a stable slug that programs branch on"}
    return envelope({"type": "object", "required": ["reason"], "properties": {"reason": reason}}, code=0)


def envelope(data: Schema, *, code: int) -> Schema:
    """Put the schema of an answer's data into the envelope."""
    return {
        "type": "object",
        "required": ["code", "data", "msg"],
        "properties": {"code": {"const": code}, "data": data, "msg": {"type": "string"}},
    }


def operation(row: Endpoint, rule: str, refs: Refs) -> Schema:
    """Describe one row."""
    described: Schema = {
        "operationId": row.operation,
        "summary": row.summary,
        "parameters": [*path_parameters(rule), *query_parameters(row.query)],
        "responses": {**success(row, refs), **failures(row)},
        "security": SECURITY[row.caller],
    }
    if row.body is not None:
        described["requestBody"] = {"required": True, "content": request_content(row.body, refs)}
    return described


def path_parameters(rule: str) -> list[Schema]:
    """Describe the parameters in a URL rule."""
    names = PARAMETER.findall(rule)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def query_parameters(model: type[BaseModel] | None) -> list[Schema]:
    """Describe the fields of a query model."""
    if model is None:
        return []
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def request_content(body: type[BaseModel] | Body, refs: Refs) -> Schema:
    """Describe a request body."""
    if body is Body.BYTES:
        return {Body.BYTES.value: {"schema": binary()}}
    if body is Body.FORM:
        names = {name: {"type": "string"} for name in ("tag", "version")}
        form = {"type": "object", "required": ["file"], "properties": {"file": binary(), **names}}
        return {Body.FORM.value: {"schema": form}}
    return {"application/json": {"schema": refs[body, "validation"]}}


def binary() -> Schema:
    """Describe bytes."""
    return {"type": "string", "format": "binary"}


def success(row: Endpoint, refs: Refs) -> Schema:
    """Describe the answers that are no errors."""
    content: Schema = {}
    if row.answer is not None:
        data = refs[row.answer, "serialization"]
        content["application/json"] = {"schema": envelope(data, code=1)}
    if row.answers_bytes:
        content["*/*"] = {"schema": binary()}
    described: Schema = {str(row.status): {"description": HTTPStatus(row.status).phrase}}
    if content:
        described[str(row.status)]["content"] = content
    for status in (206, 302, 304) if row.answers_bytes else ():
        described[str(status)] = {"description": HTTPStatus(status).phrase}
    return described


def failures(row: Endpoint) -> Schema:
    """Describe the refusals: those that the row names, and those that its kind implies."""
    errors: set[type[AppError]] = {*row.errors, Invalid}
    if row.caller is not Caller.ANYONE:
        errors |= {Unauthorized, Forbidden, Unavailable}
    if isinstance(row.body, type):
        errors |= {Malformed, TooLarge, UnsupportedMediaType}
    by_status: dict[int, set[str]] = {}
    for error in errors:
        by_status.setdefault(error.status, set()).add(error.reason)
    content = {"application/json": {"schema": {"$ref": SCHEMAS.format(model="Failure")}}}
    return {
        str(status): {"description": " or ".join(sorted(reasons)), "content": content}
        for status, reasons in sorted(by_status.items())
    }
