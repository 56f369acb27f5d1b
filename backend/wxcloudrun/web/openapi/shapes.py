"""Schemas of what goes in and comes out, taken from the pydantic models."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from wxcloudrun.web.endpoint import Endpoint
from wxcloudrun.web.openapi.examples import Examples
from wxcloudrun.web.openapi.meanings import explain
from wxcloudrun.web.words import Words

REFERENCE = "#/components/schemas/{model}"

type Schema = dict[str, Any]
type Refs = dict[tuple[type[BaseModel], JsonSchemaMode], Schema]


@dataclass(frozen=True, slots=True)
class Shapes:
    """Every model's schema, and how to refer to it."""

    refs: Refs
    components: dict[str, Schema]
    words: Words

    @property
    def examples(self) -> Examples:
        """What values look like."""
        return Examples(self.words.examples, self.components)

    @classmethod
    def of(cls, rows: Iterable[Endpoint], words: Words) -> "Shapes":
        """Collect the models of the rows."""
        pairs: set[tuple[type[BaseModel], JsonSchemaMode]] = set()
        for row in rows:
            models = (row.body, row.query, row.form)
            pairs |= {(model, "validation") for model in models if isinstance(model, type)}
            answers = (row.answer, *(each.answer for each in row.others))
            pairs |= {(model, "serialization") for model in answers if model is not None}
        ordered = sorted(pairs, key=lambda pair: (pair[0].__name__, pair[1]))
        refs, definitions = models_json_schema(ordered, ref_template=REFERENCE)
        components = definitions.get("$defs", {})
        for name, schema in components.items():
            explain(name, schema, words.meanings)
        return cls(cast("Refs", refs), components, words)

    def body(self, model: type[BaseModel]) -> Schema:
        """Return a media type for what comes in.

        The first example holds only what is required: pages offer it to be sent, and whoever sends it
        unread must not change what they did not think of.
        """
        schema = self.refs[model, "validation"]
        least, all_of_it = self.examples.least(schema), self.examples.of(schema)
        if least == all_of_it:
            return {"schema": schema, "example": least}
        examples = {
            "least": {"summary": "what is required", "value": least},
            "whole": {"summary": "all that can be said", "value": all_of_it},
        }
        return {"schema": schema, "examples": examples}

    def answer(self, model: type[BaseModel] | None) -> Schema:
        """Return a media type for an envelope around what goes out, or around nothing."""
        nothing = {"type": "object", "description": "empty"}
        data = nothing if model is None else self.refs[model, "serialization"]
        example = {"code": 1, "data": self.examples.of(data), "msg": "success"}
        return {"schema": envelope(data, code=1), "example": example}

    def fields(self, model: type[BaseModel] | None) -> dict[str, tuple[Schema, bool]]:
        """Return the fields of a query or a form, with whether each is required.

        Text that stands in a URL or a form cannot be null: what is optional is left out.
        """
        if model is None:
            return {}
        schema = self.components[self.refs[model, "validation"]["$ref"].rpartition("/")[2]]
        required = schema.get("required", ())
        return {name: (never_null(each), name in required) for name, each in schema["properties"].items()}


def never_null(schema: Schema) -> Schema:
    """Return the schema without the null that stands for "not given"."""
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "title", "default"}}
    if "anyOf" in schema:
        (given,) = [each for each in schema["anyOf"] if each != {"type": "null"}]
        return {**rest, **given}
    return rest if schema.get("default") is None else rest | {"default": schema["default"]}


def envelope(data: Schema, *, code: int) -> Schema:
    """Put the schema of an answer's data into the envelope."""
    return {
        "type": "object",
        "required": ["code", "data", "msg"],
        "properties": {
            "code": {"const": code, "description": "1 for a success, 0 for a refusal, as the status says"},
            "data": data,
            "msg": {"type": "string", "description": "a sentence for people; programs use `data.reason`"},
        },
    }


def binary() -> Schema:
    """Describe bytes."""
    return {"type": "string", "format": "binary", "description": "the bytes of a file"}
