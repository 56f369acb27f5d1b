"""Examples for every schema, put together from what a field of that name looks like everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOMENT = "2026-11-21T10:30:31.945195Z"
BY_TYPE: Mapping[str, Any] = {"boolean": False, "integer": 1, "number": 1.5, "null": None, "string": "text"}
BY_FORMAT: Mapping[str, Any] = {"date-time": MOMENT, "email": "grace@example.com"}

type Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Examples:
    """Makes them; `known` is what fields look like, `components` are the schemas to which others refer."""

    known: Mapping[str, Any]
    components: Mapping[str, Schema]

    def of(self, schema: Schema, name: str = "") -> Any:
        """Return a value that fits the schema, telling where the name of the field is known."""
        if "$ref" in schema:
            return self.of(self.components[schema["$ref"].rpartition("/")[2]], name)
        if "properties" in schema:
            return {field: self.of(each, field) for field, each in chosen(schema).items()}
        for stated in ("const", "default"):
            if schema.get(stated) is not None:
                return schema[stated]
        return self._of_value(schema, name)

    def least(self, schema: Schema) -> dict[str, Any]:
        """Return an object with only what it needs: required fields, and the first of those of a choice."""
        described = self.components[schema["$ref"].rpartition("/")[2]]
        alternatives = [described, *described.get("oneOf", ())[:1]]
        needed = {field for each in alternatives for field in each.get("required", ())}
        return {field: value for field, value in self.of(described).items() if field in needed}

    def _of_value(self, schema: Schema, name: str) -> Any:
        """Return a value for what is no object with fields."""
        known = self.known
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0], name)
        if "enum" in schema:
            return known[name] if known.get(name) in schema["enum"] else schema["enum"][0]
        kind = schema.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        if name in known and fits(known[name], kind):
            return known[name]
        if kind == "array":
            each = [self.of(schema["items"], name)] if "items" in schema else []
            return each * max(1, schema.get("minItems", 1))
        return {} if kind == "object" else example_of_scalar(schema, kind, name)


def chosen(schema: Schema) -> Schema:
    """Return the fields that an example shows: where only one of several may be given, the first one."""
    properties: Schema = schema["properties"]
    if "oneOf" not in schema:
        return properties
    left_out = {field for each in schema["oneOf"][1:] for field in each.get("required", ())}
    return {field: each for field, each in properties.items() if field not in left_out}


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
