"""What pydantic found wrong, as sentences that can be said in another language."""

from collections.abc import Sequence
from typing import Any, cast

from pydantic_core import ErrorDetails, PydanticKnownError
from pydantic_core.core_schema import ErrorType

from wxcloudrun.kit.texts import Text, borrowed, either

MAX_FIELD_NAME = 200  # an unknown field may be called anything
OR = "' or '"


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
    """Return the sentence of our own checking function, or pydantic's own."""
    facts = error.get("ctx", {})
    cause = facts.get("error")
    if isinstance(cause, ValueError):
        message = cause.args[0] if cause.args else ""
        return message if isinstance(message, Text) else borrowed(str(cause), "this value cannot be used")
    known = PydanticKnownError(cast("ErrorType", error["type"]), facts or None)
    values = {name: alternatives(value) for name, value in facts.items()}
    return borrowed(error["msg"], known.message_template, **values)


def alternatives(value: Any) -> Any:
    """Let the last word of `'a', 'b' or 'c'`, which pydantic puts together itself, be said apart."""
    if not isinstance(value, str) or OR not in value:
        return value
    first, _, last = value.rpartition(OR)
    return either([f"{first}'", f"'{last}"])
