"""The document as a whole: components, tags and one operation for each row."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from apispec import APISpec

from wxcloudrun.kit.release import VERSION as RELEASE
from wxcloudrun.web.endpoint import Endpoint
from wxcloudrun.web.openapi.answers import failure_schemas
from wxcloudrun.web.openapi.meanings import WORDS
from wxcloudrun.web.openapi.operations import operation
from wxcloudrun.web.openapi.parameters import PARAMETER
from wxcloudrun.web.openapi.shapes import Schema, Shapes
from wxcloudrun.web.words import Words

VERSION = "3.1.0"
SECURITY_SCHEMES = {
    "access_token": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "An access token of a login; it lives for minutes and is refreshed.",
    },
    "api_key": {
        "type": "http", "scheme": "bearer", "bearerFormat": "wxr_…",
        "description": "An API key, sent in the same header.",
    },
    "basic": {
        "type": "http", "scheme": "basic", "description": "Any user name, and an API key as the password.",
    },
    "session": {
        "type": "apiKey", "in": "cookie", "name": "session_id",
        "description": (
            "The cookie of a login, over TLS `__Host-session_id`. "
            "A browser's writes must come from this or an allowed origin."
        ),
    },
}  # fmt: skip
TAGS = {"accounts": "Accounts: people, their logins and their API keys."}
"""What introduces the tags that several domains share."""

ABOUT = """Bytes go in once and come out exactly: by tag, by version, by range, by SHA-256.

Every JSON answer is `{"code", "data", "msg"}`: `code` is 1 for a success and 0 for a refusal, and always
agrees with the status. A refusal's `data.reason` is stable; branch on it, not on `msg`, which is said in
English or Chinese as `?lang=` or else Accept-Language asks, in English by default. Sizes are bytes,
times are RFC 3339 in UTC. Every answer carries `X-Request-ID`: yours if it matches `[A-Za-z0-9._-]{1,64}`,
else a new one. Answers to administrators carry `X-Registry-Version`, the release of the service.
A defect of the service is answered with 500 and the reason `internal`."""


def describe(
    endpoints: Mapping[str, Endpoint], rules: Mapping[str, str], said: Iterable[Words], *, server: str
) -> Schema:
    """Return the document.

    `rules` are the rows' whole URL rules, `said` is what the domains say of their fields, `server` is where
    clients find the service. Raises ValueError if two domains say what the same field means.
    """
    words = Words.of_all((WORDS, *said))
    here = {"url": "/", "description": "where this description came from"}
    spec = APISpec("Registry", RELEASE, VERSION, info={"description": ABOUT}, servers=[here, {"url": server}])
    for name, scheme in SECURITY_SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    shapes = Shapes.of(endpoints.values(), words)
    for name, schema in sorted((shapes.components | failure_schemas(endpoints.values(), words)).items()):
        spec.components.schema(name, schema)
    for tag, about in sorted({row.tag: about_tag(row) for row in endpoints.values()}.items()):
        spec.tag({"name": tag, "description": about})
    for name, row in sorted(endpoints.items(), key=lambda each: (each[1].tag, each[1].operation)):
        path = PARAMETER.sub(r"{\1}", rules[name])
        methods = {row.method.lower(): operation(row, rules[name], shapes)}
        if row.answers_bytes:
            methods["head"] = operation(row, rules[name], shapes, is_head=True)
        spec.path(path, operations=methods)
    document: Schema = spec.to_dict()
    return document


def about_tag(row: Endpoint) -> str:
    """Return the sentence with which a tag, or else the domain of a row, is introduced."""
    if row.tag in TAGS:
        return TAGS[row.tag]
    package: Any = sys.modules.get(row.handler.__module__.rpartition(".")[0])
    return getattr(package, "__doc__", None) or ""
