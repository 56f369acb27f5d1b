"""What stands in URLs and headers: names, patterns and what they mean."""

import re
from collections.abc import Mapping
from typing import Any

from wxcloudrun.web.openapi.shapes import Schema
from wxcloudrun.web.words import ROW_ID, TEXT, PathPart, Words

PARAMETER = re.compile(r"<(?:[a-z]+(?:\([^)]*\))?:)?([a-z0-9_]+)>")
ETAGS = {"type": "string", "description": "quoted artifact ids, or `*`"}
HEX = {
    name: rf"^[ \t]*[0-9a-fA-F]{{{length}}}[ \t]*$"
    for name, length in (("SHA256", 64), ("SHA512", 128), ("SHA1", 40), ("MD5", 32))
}
REQUEST_HEADERS: Mapping[str, tuple[Schema, str]] = {
    "Content-Digest": (
        {"type": "string", "pattern": r"^sha-256=:[A-Za-z0-9+/]{43}=:$"},
        "RFC 9530, of the whole body: in a form, of all of it; `sha-512`, `sha` and `md5` are checked too",
    ),
    "Content-MD5": (
        {"type": "string", "pattern": r"^[A-Za-z0-9+/]{22}==$"},
        "RFC 1864, of the whole body: in a form, of all of it",
    ),
    "Digest": (
        {"type": "string", "pattern": r"^(SHA|sha)-256=[A-Za-z0-9+/]{43}=$"},
        "RFC 3230, as `Content-Digest`",
    ),
    "Idempotency-Key": (
        {"type": "string", "pattern": "^[!-~]{1,128}$"},
        "the same key with the same request adds nothing; with another request it is refused (422)",
    ),
    "If-Match": (ETAGS, "412 unless these are the bytes"),
    "If-Modified-Since": ({"type": "string"}, "an HTTP date; 304 if nothing is newer"),
    "If-None-Match": (ETAGS, "304 if these are the bytes"),
    "If-Range": ({"type": "string"}, "an ETag or the exact date; if it does not fit, the whole comes"),
    "If-Unmodified-Since": ({"type": "string"}, "an HTTP date; 412 if something is newer"),
    "Range": ({"type": "string"}, "`bytes=0-99`, `bytes=100-` or `bytes=-100`; anything else: the whole"),
    "Repr-Digest": (
        {"type": "string", "pattern": r"^sha-256=:[A-Za-z0-9+/]{43}=:$"},
        "RFC 9530, as `Content-Digest`",
    ),
    "Tag-If-Match": (
        {"type": "string", "pattern": r'^(\*|"[!#-~]{1,400}"(, "[!#-~]{1,400}")*)$'},
        "where the tag must point now: a quoted artifact id, or a version; `*`: anywhere. Else 412",
    ),
    "Tag-If-None-Match": ({"type": "string", "pattern": r"^\*$"}, "`*`: the tag must not exist. Else 412"),
    "X-Checksum-Deploy": (
        {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"},
        "`true`: there is no body; take the bytes that X-Checksum-SHA256 names",
    ),
    **{
        f"X-Checksum-{name}": (
            {"type": "string", "pattern": pattern},
            "what you say you send, in hex; after a mismatch (422) nothing remains",
        )
        for name, pattern in HEX.items()
    },
}  # fmt: skip
ANSWER_HEADERS: Mapping[str, str] = {
    "Accept-Ranges": "`bytes`",
    "Cache-Control": "`immutable` where the reference can never mean other bytes",
    "Content-Disposition": "always `attachment`, with the original file name (RFC 6266, RFC 8187)",
    "Content-Language": "the language of the sentences in it, `zh-CN` or `en`",
    "Content-Range": "which bytes these are, or how many there are",
    "Content-Security-Policy": "`default-src 'none'; sandbox`: these bytes are never shown as a page",
    "ETag": "the quoted artifact id",
    "Last-Modified": "when these bytes were uploaded",
    "Location": "a link to the bytes, for LINK_SECONDS",
    "Repr-Digest": "the SHA-256 by RFC 9530",
    "Retry-After": "seconds after which to try again",
    "Set-Cookie": "`session_id` (over TLS `__Host-session_id`), HttpOnly and SameSite=Lax, for browsers",
    "Vary": "the request headers on which the answer depends",
    "WWW-Authenticate": "Bearer and Basic",
    "X-Artifact-Id": "the artifact id",
    "X-Checksum-MD5": "the MD5; missing while it is not computed yet",
    "X-Checksum-SHA1": "the SHA-1; missing while it is not computed yet",
    "X-Checksum-SHA256": "the SHA-256",
    "X-Content-Type-Options": "`nosniff`",
    "X-Registry-Warnings": "what you should know about it, if anything: JSON, `[{reason, msg, …}]`",
    "X-Request-ID": "names the request in the log",
}


def path_parameters(rule: str, words: Words) -> list[Schema]:
    """Describe the parameters in a URL rule. An ill-formed one is answered 404, as one that is not there."""
    return [path_parameter(name, words) for name in PARAMETER.findall(rule)]


def path_parameter(name: str, words: Words) -> Schema:
    """Describe one of them; what ends in `_id` is the id of a row."""
    is_id = name.endswith("_id")
    part = words.paths.get(name) or (PathPart(ROW_ID, "an id") if is_id else PathPart(TEXT, name))
    example: Any = part.example or words.examples.get(name, 7 if is_id else "name")
    return {
        "name": name, "in": "path", "required": True, "description": part.meaning,
        "schema": dict(part.schema), "example": example,
    }  # fmt: skip


LANGUAGE: Schema = {
    "name": "lang", "in": "query", "required": False, "schema": {"type": "string"},
    "description": "the language of `msg`, `zh-CN` or `en`, before that of Accept-Language",
}  # fmt: skip


def query_parameters(fields: Mapping[str, tuple[Schema, bool]]) -> list[Schema]:
    """Describe the fields of a query model, and the one that every row takes.

    What they mean stands beside the schema, not in it.
    """
    return [
        {
            "name": name, "in": "query", "required": is_required,
            "description": schema.get("description", ""),
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, (schema, is_required) in fields.items()
    ] + [LANGUAGE]  # fmt: skip


def header_parameters(names: tuple[str, ...]) -> list[Schema]:
    """Describe request headers; `Tag-` marks conditions that mean something else for tags."""
    return [
        {
            "name": name.removeprefix("Tag-"), "in": "header", "required": False,
            "description": REQUEST_HEADERS[name][1], "schema": REQUEST_HEADERS[name][0],
        }
        for name in names
    ]  # fmt: skip


def answer_headers(*names: str) -> Schema:
    """Describe headers of an answer; every one has the request's id."""
    return {
        name: {"description": ANSWER_HEADERS[name], "schema": {"type": "string"}}
        for name in (*names, "X-Request-ID")
    }
