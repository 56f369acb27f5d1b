"""An endpoint is a row of data: where it is, who may call it, what goes in, what comes out.

The rows are all that routing, the authorization matrix and the API description need to know;
a domain's `routes.py` holds nothing else.
"""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from flask import Blueprint, Response, current_app, g
from pydantic import BaseModel
from werkzeug.routing import BaseConverter

from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.security import ANONYMOUS, Actor, Scope
from wxcloudrun.kit.web import parsing
from wxcloudrun.kit.web.proxies import client_address

Handler = Callable[..., Response]


class Caller(enum.Enum):
    """Who may call an endpoint at all; what they may do there is the service's decision."""

    ANYONE = "anyone"  # credentials are not even looked at
    PUBLIC = "public"  # anonymous callers see what is public
    KNOWN = "known"  # a valid credential


class Body(enum.Enum):
    """Bodies that are no JSON document."""

    BYTES = "application/octet-stream"
    FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row: a method and a path bound to a controller function, and everything a caller must know.

    `operation` is the stable name in the API description. Path parameters reach the handler by name;
    a declared `query` or JSON `body` model is parsed before the call and handed over under that name.
    """

    method: str
    path: str
    handler: Handler
    operation: str
    summary: str
    caller: Caller = Caller.KNOWN
    scope: Scope | None = Scope.READ
    query: type[BaseModel] | None = None
    body: type[BaseModel] | Body | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    errors: tuple[type[AppError], ...] = ()
    any_query: bool = False  # downloads ignore parameters that they do not know
    answers_bytes: bool = False  # a success may be the bytes of an artifact
    form: type[BaseModel] | None = None  # the text fields beside the file of a `Body.FORM`
    media: str | None = None  # the type of a success that is neither an envelope nor an artifact
    reads: tuple[str, ...] = ()  # request headers with a meaning here
    sends: tuple[str, ...] = ()  # headers that a success carries
    description: str = ""  # what the summary and the models leave open


def blueprint(name: str, prefix: str, endpoints: Sequence[Endpoint]) -> Blueprint:
    """Bind the rows below `prefix`; each operation id is the Flask endpoint's name."""
    bound = Blueprint(name, __name__, url_prefix=prefix)
    for row in endpoints:
        view = partial(call, row)
        bound.add_url_rule(row.path, endpoint=row.operation, view_func=view, methods=[row.method])
        bound.record_once(partial(_remember, name=name, row=row))
    return bound


def _remember(state: Any, *, name: str, row: Endpoint) -> None:
    rows(state.app)[f"{name}.{row.operation}"] = row


class RestConverter(BaseConverter):
    """Everything to the end of the URL, slashes and line breaks included.

    What is wrong with it the service refuses in words, where an unknown URL would explain nothing.
    """

    regex = r"[\s\S]+"
    part_isolating = False
    weight = 200


def rows(app: Any) -> dict[str, Endpoint]:
    """Return every endpoint row of the application by its Flask endpoint name."""
    return cast("dict[str, Endpoint]", app.extensions.setdefault("endpoints", {}))


def call(row: Endpoint, **path: str) -> Response:
    """Admit the caller, parse what the row declares, call the controller."""
    admit(row)
    arguments: dict[str, Any] = dict(path)
    if row.query is not None or not row.any_query:
        arguments |= parsing.parse_query(row.query, ignore_unknown=row.any_query)
    if isinstance(row.body, type):
        arguments["body"] = parsing.parse_json(row.body)
    return row.handler(**arguments)


def admit(row: Endpoint) -> None:
    """Identify the caller and turn away those who cannot have any business here."""
    if row.caller is Caller.ANYONE:
        g.actor = located(ANONYMOUS)
        return
    identify = cast("Callable[[], Actor]", current_app.extensions["identify"])
    g.actor = located(identify())
    if row.caller is Caller.KNOWN:
        g.actor.require_known()
    if row.scope is not None:
        g.actor.require_scope(row.scope)


def located(caller: Actor) -> Actor:
    """Return the caller with what services may know of the request that they came with."""
    return replace(caller, address=client_address(), request_id=g.request_id)


def actor() -> Actor:
    """Return the caller of the current request."""
    return cast("Actor", g.actor)


def service[T](kind: type[T]) -> T:
    """Return the application's one instance of a service class."""
    return cast("T", current_app.extensions["services"][kind])
