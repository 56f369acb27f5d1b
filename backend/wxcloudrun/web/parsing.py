"""From request to typed values: JSON bodies, query strings, header fields. Malformed input stops here."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import unquote_plus

from flask import request
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import (
    Interrupted,
    Invalid,
    Malformed,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
    WrongValue,
)
from wxcloudrun.kit.texts import Text, joined, of_field, text
from wxcloudrun.web import digests, languages
from wxcloudrun.web.transfer_places import hasten_body
from wxcloudrun.web.validation import validation_errors

MAX_JSON_BYTES = 1024 * 1024
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
MAX_ERRORS = 50  # an answer names no more wrong fields than a person would read
MAX_ID_DIGITS = 18  # what surely fits into a BIGINT


class Input(BaseModel):
    """A JSON body: unknown fields and wrong types are refused, so that a mistake is noticed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, str_max_length=10_000, allow_inf_nan=False
    )


class Query(BaseModel):
    """A query string: everything arrives as text, unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=2_000)


Timestamp = Annotated[
    datetime,
    PlainSerializer(clock.rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A moment in an answer: RFC 3339, UTC, microseconds."""


def check_moment(given: object) -> object:
    """Return `given`; WrongValue for text that is no RFC 3339 moment with a zone."""
    if isinstance(given, str) and not MOMENT.fullmatch(given):
        raise WrongValue(text("write a moment as 2026-11-21T10:30:31Z, with a zone"))
    return given


def in_utc(moment: datetime) -> datetime:
    """Return the moment in UTC; WrongValue if there it is before the year 1 or after 9999."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise WrongValue(text("write a moment as 2026-11-21T10:30:31Z, with a zone")) from None


Moment = Annotated[AwareDatetime, BeforeValidator(check_moment), AfterValidator(in_utc)]
"""A moment in a request, which pydantic by itself would also take as a number of seconds."""


def one_of(names: Iterable[str]) -> WithJsonSchema:
    """Say in a schema that a text is one of these names."""
    return WithJsonSchema({"type": "string", "enum": [str(name) for name in names]})


class Output(BaseModel):
    """What an answer's `data` holds."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


def parse_query(model: type[BaseModel] | None, *, ignore_unknown: bool) -> dict[str, BaseModel]:
    """Return `{"query": …}` if the row declares one. Unknown or repeated parameters are refused.

    Every row takes `lang` and none declares it.
    """
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated and not ignore_unknown:
        raise Invalid.field(repeated[0], text("given more than once"))
    given: dict[str, Any] = request.args.to_dict()
    given.pop(languages.PARAMETER, None)  # it says how to answer, not what
    if model is None:
        if given:
            raise Invalid.field(next(iter(given)), text("unknown parameter"))
        return {}
    if ignore_unknown:
        given = {name: value for name, value in given.items() if name in model.model_fields}
    try:
        return {"query": validate(model, given)}
    except Invalid as error:
        raise with_hints_at_plus(error) from error


def with_hints_at_plus(error: Invalid) -> Invalid:
    """Say, where a value was written with a plus, that it arrived as a space."""
    errors = [
        {**each, "message": hint_at_plus(each["message"])} if has_plus(each["field"]) else each
        for each in error.facts["errors"]
    ]
    return Invalid(joined([of_field(each["field"], each["message"]) for each in errors[:3]]), errors=errors)


def has_plus(name: str) -> bool:
    """Tell whether the value of a parameter is written with a plus, which means a space there."""
    written = (pair.partition("=") for pair in request.query_string.decode("latin-1").split("&"))
    return any("+" in value for key, _, value in written if unquote_plus(key) == name)


def hint_at_plus(sentence: Text) -> Text:
    """Add to a sentence how a plus is written in a query."""
    return text("{sentence} (a plus sign in a query means a space; write %2B)", sentence=sentence)


def parse_json(model: type[BaseModel]) -> BaseModel:
    """Return the JSON body as `model`; one that has only optional fields may be left out.

    Raises UnsupportedMediaType, TooLarge (1 MiB), Malformed (no JSON) or Invalid (wrong content).
    """
    if not has_body() and not any(field.is_required() for field in model.model_fields.values()):
        return validate(model, {})
    if not request.is_json:
        raise UnsupportedMediaType(text("send a JSON body with Content-Type: application/json"))
    try:
        return model.model_validate_json(read_small_body())
    except ValidationError as error:
        raise refusal(error) from error


def has_body() -> bool:
    """Tell whether the client announced any bytes."""
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def read_small_body() -> bytes:
    """Return the whole body of a request that has to be small, checked against what its headers say."""
    said = digests.announced()
    return b"".join(digests.verified(said, [unchecked_small_body()]))


def unchecked_small_body() -> bytes:
    """Return the whole body of a request that has to be small."""
    hasten_body()
    request.max_content_length = MAX_JSON_BYTES + 1  # a chunked body is cut off there without a word
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise too_large() from error
    except (ClientDisconnected, OSError) as error:
        raise Interrupted(text("the body ended before the announced length")) from error
    if request.content_length is not None and len(body) < request.content_length:
        raise Interrupted(text("the body ended before the announced length"))
    if len(body) > MAX_JSON_BYTES:
        raise too_large()
    return body


def too_large() -> TooLarge:
    """Refuse a body that has to be small and is not."""
    return TooLarge(text("a JSON body may have 1 MiB at most"), limit=MAX_JSON_BYTES)


def row_id(given: str, unknown: Text) -> int:
    """Read the id of a row in a URL; one that cannot be is one that is not there (NotFound)."""
    if not (given.isascii() and given.isdigit() and len(given) <= MAX_ID_DIGITS):
        raise NotFound(unknown)
    return int(given)


def validate[M: BaseModel](model: type[M], given: Any) -> M:
    """Return `given` as `model`, or raise Invalid that names every wrong field."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise refusal(error) from error


def refusal(error: ValidationError) -> Malformed | Invalid:
    """Say what is wrong with the input, without repeating it."""
    details = error.errors(include_url=False, include_input=False)
    if details[0]["type"] == "json_invalid":
        return Malformed(text("the body is not valid JSON"))
    errors = validation_errors(details[:MAX_ERRORS])
    return Invalid(joined([of_field(each["field"], each["message"]) for each in errors[:3]]), errors=errors)
