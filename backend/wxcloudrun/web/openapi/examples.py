"""Examples for every schema, put together from what a field of that name looks like everywhere."""

from collections.abc import Mapping
from typing import Any

SHA256 = "097043d53535d617efb594e9d9b5e6279e55b67d987e9cacbcaf2eafa5389761"
OLDER = "ba71a55f7c1ae1e5a3c8b1cfbd3b25ea02d4c81b3a3a1f9b1f0a7c6d5e4f3a2b"
MOMENT = "2026-11-21T10:30:31.945195Z"
FIELDS: Mapping[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "action": "tag.moved",
    "address": "192.0.2.7",
    "after": {"artifact_id": SHA256},
    "artifact_id": SHA256,
    "before": {"artifact_id": OLDER},
    "candidates": ["1.2.3", "1.2.0"],
    "code": "081LXytJ1XxAW1xLnqJ1LMOoMz2LXytJ",
    "content_type": "text/plain",
    "created_by": "grace",
    "credential": "api_key",
    "current": SHA256,
    "current_password": "the old password",
    "description": "drives nails",
    "email": "grace@example.com",
    "existing": OLDER,
    "expected": SHA256,
    "expires_in": 900,
    "head": {"position": 41, "mac": SHA256},
    "id": 7,
    "key": "wxr_5e8CMo1dJvQm0sXyTq2n8uKzLw4bRf6hGc1aPe9tViE",
    "limit": 10,
    "md5": "27b1524f2a9c6a3d5c8e1b7f0d4a6e93",
    "mode": "proxy",
    "new_password": "a better password",
    "next_cursor": "WyI5ZGIxMWE5NmJkYjlmNGE0Iiw4XQ",
    "object": "project/tools/package/hammer/tag/stable",
    "offered": SHA256,
    "part_bytes": 5 * 1024 * 1024,
    "original_name": "hammer-1.2.3.txt",
    "overlap_hours": 24,
    "package": "hammer",
    "password": "a long password",
    "prefix": "wxr_5e8CMo1d",
    "previous": OLDER,
    "project": "tools",
    "received": OLDER,
    "ref": "version:^1.2",
    "refresh_token": "wxrt_EEZU5wYx0aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456",
    "request_id": "b1b7e6f98575e169cc0a789078a13d7e",
    "retry_after": 42,
    "sha1": "03c4de91b7a2f6e85d3c0b9a8f7e6d5c4b3a2918",
    "sha256": SHA256,
    "size": 16,
    "status": "downloaded",
    "tag": "stable",
    "url": "https://registry.example.com/api/v1/blobs/eyJrIjoiMSJ9.c2ln",
    "username": "grace",
    "version": "1.2.3",
    "version_conflict": None,
    "version_source": "filename",
    "why": "prerelease",
    "window_seconds": 60,
}
BY_TYPE: Mapping[str, Any] = {"boolean": False, "integer": 1, "number": 1.5, "null": None, "string": "text"}
BY_FORMAT: Mapping[str, Any] = {"date-time": MOMENT, "email": FIELDS["email"]}

type Schema = Mapping[str, Any]


def example_of(schema: Schema, components: Mapping[str, Schema], name: str = "") -> Any:
    """Return a value that fits the schema, telling where the name of the field is known."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rpartition("/")[2]], components, name)
    if "properties" in schema:
        return {field: example_of(each, components, field) for field, each in chosen(schema).items()}
    for stated in ("const", "default"):
        if schema.get(stated) is not None:
            return schema[stated]
    return example_of_value(schema, components, name)


def least_example(schema: Schema, components: Mapping[str, Schema]) -> dict[str, Any]:
    """Return an object with only what it needs: the required fields, and the first of those of a choice."""
    described = components[schema["$ref"].rpartition("/")[2]]
    alternatives = [described, *described.get("oneOf", ())[:1]]
    needed = {field for each in alternatives for field in each.get("required", ())}
    whole = example_of(described, components)
    return {field: value for field, value in whole.items() if field in needed}


def chosen(schema: Schema) -> Schema:
    """Return the fields that an example shows: where only one of several may be given, the first one."""
    properties: Schema = schema["properties"]
    if "oneOf" not in schema:
        return properties
    left_out = {field for each in schema["oneOf"][1:] for field in each.get("required", ())}
    return {field: each for field, each in properties.items() if field not in left_out}


def example_of_value(schema: Schema, components: Mapping[str, Schema], name: str) -> Any:
    """Return a value for what is no object with fields."""
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], components, name)
    if "enum" in schema:
        return FIELDS[name] if FIELDS.get(name) in schema["enum"] else schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if name in FIELDS and fits(FIELDS[name], kind):
        return FIELDS[name]
    if kind == "array":
        each = [example_of(schema["items"], components, name)] if "items" in schema else []
        return each * max(1, schema.get("minItems", 1))
    return {} if kind == "object" else example_of_scalar(schema, kind, name)


def example_of_scalar(schema: Schema, kind: str, name: str) -> Any:
    """Return a value for a field that nothing is known about but its type and the end of its name."""
    if kind == "string" and (name.endswith("_at") or name in {"at", "since", "until"}):
        return MOMENT
    if kind == "string" and name == "name":
        return "hammer"
    return BY_FORMAT.get(schema.get("format", ""), BY_TYPE[kind])


def fits(value: Any, kind: str) -> bool:
    """Tell whether a known example is of the type that is asked for."""
    kinds = {"string": str, "integer": int, "array": list, "object": dict}
    return value is None or isinstance(value, kinds.get(kind, ()))
