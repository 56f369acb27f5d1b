"""The answers of a row: its success, and every refusal that the row names or that its kind implies."""

import copy
from collections.abc import Iterable
from http import HTTPStatus

from wxcloudrun.kit.errors import (
    AppError,
    ChecksumMismatch,
    ExpectationFailed,
    Forbidden,
    HeadersTooLarge,
    Interrupted,
    Invalid,
    Malformed,
    NotFound,
    ProofNeeded,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnknownTransferCoding,
    UnsupportedMediaType,
    UriTooLong,
)
from wxcloudrun.web.endpoint import Caller, Endpoint, Proof
from wxcloudrun.web.openapi.meanings import explain
from wxcloudrun.web.openapi.parameters import answer_headers
from wxcloudrun.web.openapi.shapes import REFERENCE, Schema, Shapes, binary, envelope
from wxcloudrun.web.words import Words

HEADERS_OF_STATUS = {
    401: ("WWW-Authenticate",), 416: ("Content-Range",), 429: ("Retry-After",), 503: ("Retry-After",),
}  # fmt: skip
MEDIA = {"application/json": {"type": "object"}, "*/*": binary()}


def successes(row: Endpoint, shapes: Shapes, *, is_head: bool) -> Schema:
    """Describe the answers that are no refusals; the answer to HEAD has no body."""
    content: Schema = {}
    if row.answers_bytes:
        content["*/*"] = {"schema": binary()}
    if row.media is not None:
        content[row.media] = {"schema": MEDIA.get(row.media, {"type": "string"})}
    if row.answer is not None or not (row.media or row.status == 204 or row.answers_bytes):
        content["application/json"] = shapes.answer(row.answer)
    described = {str(row.status): answer(row.status, HTTPStatus(row.status).phrase, row.sends)}
    if content and not is_head:
        described[str(row.status)]["content"] = content
    for each in row.others:
        described[str(each.status)] = answer(each.status, each.meaning, each.sends)
        described[str(each.status)]["content"] = {"application/json": shapes.answer(each.answer)}
    if row.answers_bytes:
        described |= other_answers_of_downloads(row, is_head=is_head)
    return described


def other_answers_of_downloads(row: Endpoint, *, is_head: bool) -> Schema:
    """Describe a part, a redirect (where the row has links), and "you have it already"."""
    unchanged = answer(304, "You have these bytes already", ("ETag", "X-Artifact-Id"))
    if is_head:  # ranges and links are for GET only
        return {"304": unchanged}
    part = answer(206, "A part of the bytes", ("Content-Range", *row.sends))
    part["content"] = {"*/*": {"schema": binary()}}
    redirect = answer(302, "A link to the bytes", ("Location", "X-Checksum-SHA256"))
    return {"206": part, "304": unchanged} | ({"302": redirect} if row.answer is not None else {})


def answer(status: int, meaning: str, headers: tuple[str, ...]) -> Schema:
    """Describe one answer without its content."""
    return {"description": meaning, "headers": answer_headers(*headers, *HEADERS_OF_STATUS.get(status, ()))}


def refusals(row: Endpoint, shapes: Shapes, *, is_head: bool) -> Schema:
    """Describe the refusals, by status."""
    by_status: dict[int, list[type[AppError]]] = {}
    for error in sorted(errors_of(row), key=lambda each: each.reason):
        by_status.setdefault(error.status, []).append(error)
    if is_head:
        by_status.pop(416, None)
    return {
        str(status): refused(status, errors, shapes, is_head=is_head)
        for status, errors in sorted(by_status.items())
    }


def refused(status: int, errors: list[type[AppError]], shapes: Shapes, *, is_head: bool) -> Schema:
    """Describe one status of refusal with all its reasons."""
    meanings = [f"`{error.reason}`: {summary(error)}" for error in errors]
    described = answer(status, "\n\n".join(meanings), ("Content-Language",))
    if not is_head:
        refs = [{"$ref": REFERENCE.format(model=error.__name__)} for error in errors]
        examples = {
            error.reason: {"value": shapes.examples.of(failure_schema(error, shapes.words))}
            for error in errors
        }
        schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
        described["content"] = {"application/json": {"schema": schema, "examples": examples}}
    return described


def errors_of(row: Endpoint) -> set[type[AppError]]:
    """Return every refusal that the row names or that its kind implies."""
    errors: set[type[AppError]] = {*row.errors, UriTooLong, HeadersTooLarge, Malformed}
    if not row.any_query or row.query is not None:
        errors.add(Invalid)
    if row.caller is not Caller.ANYONE:
        errors |= {Unauthorized, Forbidden, Unavailable}
    if row.caller is Caller.ANYONE and (row.method != "GET" or row.answers_bytes):
        errors.add(Unavailable)
    if row.needs_proof is not Proof.NEVER:
        errors.add(ProofNeeded)
    if "<" in row.path:
        errors.add(NotFound)
    if row.method != "GET":  # what a client asserts and is not done here
        errors |= {UnsupportedMediaType, ExpectationFailed, UnknownTransferCoding}
    if isinstance(row.body, type):
        errors |= {Interrupted, TooLarge, ChecksumMismatch}
    return errors


def failure_schemas(rows: Iterable[Endpoint], words: Words) -> dict[str, Schema]:
    """Return a schema for every refusal, by the name of its class."""
    errors = {error for row in rows for error in errors_of(row)}
    return {error.__name__: failure_schema(error, words) for error in errors}


def failure_schema(error: type[AppError], words: Words) -> Schema:
    """Describe the envelope of a refusal: its reason is fixed, its facts are what a program may find."""
    about = "what a program can act on"
    facts = {"reason": {"const": error.reason}, **copy.deepcopy(dict(error.described_facts))}
    data = {"type": "object", "description": about, "required": ["reason"], "properties": facts}
    explain(error.__name__, data, words.meanings)
    return {"description": summary(error), **envelope(data, code=0)}


def summary(error: type[AppError]) -> str:
    """Return what a refusal means, in one sentence."""
    return (error.__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")
