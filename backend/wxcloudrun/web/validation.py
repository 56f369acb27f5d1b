"""What pydantic found wrong, as sentences that can be said in another language."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pydantic_core import ErrorDetails, PydanticKnownError
from pydantic_core.core_schema import ErrorType

from wxcloudrun.kit.texts import Text, borrowed, either, text

MAX_FIELD_NAME = 200  # an unknown field may be called anything
OR = "' or '"
# What callers meet most often, in our own words; about all else pydantic's own sentences are kept.
PLAIN: Mapping[str, Callable[[Mapping[str, Any]], Text]] = {
    "missing": lambda _: text("is missing"),
    "extra_forbidden": lambda _: text("is no field of this request"),
    "string_type": lambda _: text("must be a string"),
    "int_type": lambda _: text("must be a whole number"),
    "int_parsing": lambda _: text("must be a whole number"),
    "float_type": lambda _: text("must be a number"),
    "bool_type": lambda _: text("must be true or false"),
    "bool_parsing": lambda _: text("must be true or false"),
    "list_type": lambda _: text("must be an array"),
    "tuple_type": lambda _: text("must be an array"),
    "model_type": lambda _: text("must be an object"),
    "string_too_short": lambda facts: text("must have {least} characters or more", least=facts["min_length"]),
    "string_too_long": lambda facts: text("must have {most} characters at most", most=facts["max_length"]),
    "greater_than_equal": lambda facts: text("must be {least} or more", least=facts["ge"]),
    "less_than_equal": lambda facts: text("must be {most} at most", most=facts["le"]),
}


def validation_errors(errors: Sequence[ErrorDetails]) -> list[dict[str, Any]]:
    """Turn pydantic's list of errors into `[{field, message}]`, without echoing what was sent."""
    return [
        {
            "field": ".".join(str(part) for part in error["loc"])[:MAX_FIELD_NAME] or "body",
            "message": complaint(error),
        }
        for error in errors
    ]


def complaint(error: ErrorDetails) -> Text:
    """Return the sentence of our own checking function, our own of a frequent kind, or pydantic's."""
    facts = error.get("ctx", {})
    cause = facts.get("error")
    if isinstance(cause, ValueError):
        message = cause.args[0] if cause.args else ""
        return message if isinstance(message, Text) else borrowed(str(cause), "this value cannot be used")
    if (plain := PLAIN.get(error["type"])) is not None:
        return plain(facts)
    known = PydanticKnownError(cast("ErrorType", error["type"]), facts or None)
    values = {name: alternatives(value) for name, value in facts.items()}
    return borrowed(error["msg"], known.message_template, **values)


def alternatives(value: Any) -> Any:
    """Let the last word of `'a', 'b' or 'c'`, which pydantic puts together itself, be said apart."""
    if not isinstance(value, str) or OR not in value:
        return value
    first, _, last = value.rpartition(OR)
    return either([f"{first}'", f"'{last}"])
