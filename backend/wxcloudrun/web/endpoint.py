"""An endpoint is a row of data: where it is, who may call it, what goes in, what comes out.

The rows are all that routing, the authorization matrix and the API description need to know;
a domain's `routes.py` holds nothing else.
"""

import enum
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from flask import Blueprint, Response, current_app, g, request
from pydantic import BaseModel
from werkzeug.exceptions import NotFound as NoSuchAddress
from werkzeug.routing import BaseConverter, Map

from wxcloudrun.kit.db import require_room
from wxcloudrun.kit.errors import AppError, Forbidden
from wxcloudrun.kit.security import ANONYMOUS, DEVICE_COOKIE, Actor, Scope
from wxcloudrun.kit.services import at_hand
from wxcloudrun.kit.texts import text
from wxcloudrun.net.addresses import client_group
from wxcloudrun.web import parsing
from wxcloudrun.web.body_headers import refuse_what_is_not_done
from wxcloudrun.web.failures import Face, Refusals, refuse_at, refuse_by
from wxcloudrun.web.proxies import client_address
from wxcloudrun.web.transfer_places import admit_body, name_client
from wxcloudrun.web.words import Words

Handler = Callable[..., Response]

GROWING = frozenset({"POST", "PUT", "PATCH"})  # methods that as a rule write new rows


class Caller(enum.Enum):
    """Who may call an endpoint at all; what they may do there is the service's decision."""

    ANYONE = "anyone"  # credentials are not even looked at
    PUBLIC = "public"  # anonymous callers see what is public
    KNOWN = "known"  # a valid credential


class Proof(enum.Enum):
    """When an endpoint wants its caller to have proved just now who they are: when a way in changes."""

    NEVER = "never"
    SOMETIMES = "sometimes"  # the use case asks, `Actor.require_proof`; the row's description says when
    IN_BODY = "in_body"  # the body brings it
    ALWAYS = "always"


class BodyFormat(enum.Enum):
    """Bodies that are no JSON document."""

    BYTES = "application/octet-stream"
    FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """A success of another status than the usual one of its row, and of another shape."""

    status: int
    answer: type[BaseModel]
    meaning: str
    sends: tuple[str, ...] = ()


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
    or_scope: Scope | None = None  # will do in its place
    # It may let somebody read or act who could not; said of everything that changes something.
    widens_access: bool | None = None
    destroys_much: bool = False  # more than one version goes with it
    query: type[BaseModel] | None = None
    body: type[BaseModel] | BodyFormat | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    others: tuple[OtherAnswer, ...] = ()  # successes of other statuses
    errors: tuple[type[AppError], ...] = ()
    any_query: bool = False  # downloads ignore parameters that they do not know
    answers_bytes: bool = False  # a success may be the bytes of an artifact
    form: type[BaseModel] | None = None  # the text fields beside the file of a `BodyFormat.FORM`
    media: str | None = None  # the type of a success (beside `answer`) that is no envelope and no artifact
    reads: tuple[str, ...] = ()  # request headers with a meaning here
    sends: tuple[str, ...] = ()  # headers that a success carries
    description: str = ""  # what the summary and the models leave open
    takes_upload_token: bool = False  # what opens one upload session opens this
    needs_proof: Proof = Proof.NEVER
    works_when_full: bool = False  # for what helps a full disk; deleting always does
    protocol: str = ""  # somebody else's, whose own text describes it; our description leaves it out
    tag: str = ""  # set by `blueprint`


def blueprint(
    name: str,
    prefix: str,
    endpoints: Sequence[Endpoint],
    *,
    tag: str | None = None,
    refusals: Refusals | Face | None = None,
    words: Sequence[Words] = (),
) -> Blueprint:
    """Bind the rows below `prefix`; each operation id is the Flask endpoint's name.

    `tag` is under which word the API description has them, unless it is the name; `refusals` makes answers of
    refusals where a protocol has another shape for them than the envelope, a `Face` also at addresses that do
    not exist; `words` are what the domain says of its fields, and what one below it says that has no rows
    itself.
    """
    bound = Blueprint(name, __name__, url_prefix=prefix)
    if isinstance(refusals, Face):
        bound.record_once(partial(_refuse_at, face=refusals))
    elif refusals is not None:
        bound.record_once(partial(_refuse_by, name=name, refusals=refusals))
    bound.record_once(partial(_describe_by, words=words))
    for each in endpoints:
        row = replace(each, tag=tag or name)
        view = partial(call, row)
        bound.add_url_rule(row.path, endpoint=row.operation, view_func=view, methods=[row.method])
        bound.record_once(partial(_remember, name=name, row=row))
    return bound


def _refuse_by(state: Any, *, name: str, refusals: Refusals) -> None:
    refuse_by(state.app, name, refusals)


def _refuse_at(state: Any, *, face: Face) -> None:
    refuse_at(state.app, face)


def _describe_by(state: Any, *, words: Sequence[Words]) -> None:
    _words(state.app).extend(words)


def _remember(state: Any, *, name: str, row: Endpoint) -> None:
    rows(state.app)[f"{name}.{row.operation}"] = row


class EntryConverter(BaseConverter):
    """What an entry of a list may be called: anything `but` the words that mean something else at its place.

    A row names them with blanks between, as in `<entry(but="latest all"):number>`; else another method would
    take them for entries.
    """

    def __init__(self, map: Map, but: str) -> None:  # noqa: A002 - what the framework calls it
        super().__init__(map)
        words = "|".join(re.escape(word) for word in but.split())
        self.regex = rf"(?!(?:{words})\Z)[^/]+"


class RestConverter(BaseConverter):
    """Everything to the end of the URL, slashes and line breaks included.

    What is wrong with it the service refuses in words, where an unknown URL would explain nothing.
    """

    regex = r"[\s\S]+"
    part_isolating = False
    weight = 200


class ScopedConverter(BaseConverter):
    """A name of npm: `lib`, or `@scope/lib` with a slash in it; neither begins with a hyphen."""

    regex = r"(?:@[^/]+/)?(?![-@])[^/]+"
    part_isolating = False


CONVERTERS = {"entry": EntryConverter, "rest": RestConverter, "scoped": ScopedConverter}


def rows(app: Any) -> dict[str, Endpoint]:
    """Return every endpoint row of the application by its Flask endpoint name."""
    return cast("dict[str, Endpoint]", app.extensions.setdefault("endpoints", {}))


def words(app: Any) -> Sequence[Words]:
    """Return what the domains of the application say of their fields."""
    return _words(app)


def _words(app: Any) -> list[Words]:
    return cast("list[Words]", app.extensions.setdefault("words", []))


def is_path_text() -> bool:
    """Tell whether the path of the URL is UTF-8; if not, the framework has put U+FFFD where it is none.

    That is a character like others, so another name than the one that was sent might be meant by it.
    """
    path: str = request.environ["PATH_INFO"]  # its bytes, one a character (PEP 3333)
    try:
        path.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def call(row: Endpoint, **path: str) -> Response:
    """Admit the caller, refuse what is not done here, parse what the row declares, call the controller."""
    admit(row)
    if row.method in {"GET", "DELETE"} and not is_path_text():  # what makes a name says so in words
        raise NoSuchAddress
    refuse_what_is_not_done(row.reads)
    arguments: dict[str, Any] = dict(path)
    if row.query is not None or not row.any_query:
        arguments |= parsing.parse_query(row.query, ignore_unknown=row.any_query)
    if isinstance(row.body, type):
        arguments["body"] = parsing.parse_json(row.body)
    elif row.body is not None:
        admit_body()  # it is read late, when rows have been written for it
    return row.handler(**arguments)


def admit(row: Endpoint) -> None:
    """Identify the caller and turn away those who cannot have any business here."""
    if row.caller is Caller.ANYONE:
        g.actor = located(ANONYMOUS)
    else:
        identify = cast("Callable[[], Actor]", current_app.extensions["identify"])
        g.actor = located(identify())
        if g.actor.upload_session is not None and not row.takes_upload_token:
            raise Forbidden(text("this token opens one upload session and nothing else"))
    if row.caller is Caller.KNOWN:
        g.actor.require_known()
    if row.scope is not None and row.caller is not Caller.ANYONE:
        g.actor.require_scope(row.scope, row.or_scope)
    if row.needs_proof is Proof.ALWAYS:
        g.actor.require_proof()
    if row.method in GROWING and not row.works_when_full:
        require_room()


def located(caller: Actor) -> Actor:
    """Return the caller with what services may know of the request that they came with."""
    address = client_address()
    name_client(client_group(address) if caller.user_id is None else f"user {caller.user_id}")
    cookie = request.cookies.get(DEVICE_COOKIE)
    return replace(caller, address=address, request_id=g.request_id, device_cookie=cookie)


def actor() -> Actor:
    """Return the caller of the current request."""
    return cast("Actor", g.actor)


def service[T](kind: type[T]) -> T:
    """Return the application's one instance of a service class."""
    return at_hand(kind)
