"""One operation: a row, with everything that its caller must know."""

from collections.abc import Mapping

from wxcloudrun.web.endpoint import BodyFormat, Caller, Endpoint, Proof
from wxcloudrun.web.method_override import HEADER
from wxcloudrun.web.openapi.answers import refusals, successes
from wxcloudrun.web.openapi.parameters import header_parameters, path_parameters, query_parameters
from wxcloudrun.web.openapi.shapes import Schema, Shapes, binary

CREDENTIALS: list[dict[str, list[str]]] = [
    {"access_token": []},
    {"api_key": []},
    {"basic": []},
    {"session": []},
]
SECURITY: Mapping[Caller, list[dict[str, list[str]]]] = {
    Caller.ANYONE: [{}],
    Caller.PUBLIC: [{}, *CREDENTIALS],
    Caller.KNOWN: CREDENTIALS,
}
CALLERS = {
    Caller.ANYONE: "Credentials are not looked at.",
    Caller.PUBLIC: "Without a credential, what is public.",
    Caller.KNOWN: "Needs a credential.",
}
PROOFS = {
    Proof.NEVER: "",
    Proof.SOMETIMES: " Some of what it does needs a recent proof of who you are.",
    Proof.IN_BODY: " The body proves who you are; with a second factor this needs a recent proof as well.",
    Proof.ALWAYS: " Needs a login with a recent proof of who you are.",
}
OVERRIDE = f"`POST` with the header `{HEADER}: PATCH` does the same."
JSON_LIMIT = "At most 1 MiB."
UPLOAD_LIMIT = "Not empty, and at most as many bytes as the service is set to take (MAX_UPLOAD_BYTES)."


def operation(row: Endpoint, rule: str, shapes: Shapes, *, is_head: bool = False) -> Schema:
    """Describe one row, or the HEAD of one that answers bytes."""
    described: Schema = {
        "operationId": f"{row.operation}_head" if is_head else row.operation,
        "tags": [row.tag],
        "summary": f"{row.summary}: the headers alone" if is_head else row.summary,
        "description": explanation(row),
        "parameters": [
            *path_parameters(rule, shapes.words),
            *([] if is_head else query_parameters(shapes.fields(row.query))),
            *header_parameters(tuple(name for name in row.reads if not (is_head and "Range" in name))),
        ],
        "responses": {**successes(row, shapes, is_head=is_head), **refusals(row, shapes, is_head=is_head)},
        "security": SECURITY[row.caller],
    }
    if row.body is not None:
        described["requestBody"] = request_body(row, shapes)
    return described


def explanation(row: Endpoint) -> str:
    """Say who may call it, and what the row has to add."""
    either = f" or `{row.or_scope}`" if row.or_scope else ""
    scope = (
        f" The credential needs the scope `{row.scope}`{either}."
        if row.scope and row.caller is not Caller.ANYONE
        else ""
    )
    override = f" {OVERRIDE}" if row.method == "PATCH" else ""
    return f"{CALLERS[row.caller]}{scope}{PROOFS[row.needs_proof]} {row.description}".strip() + override


def request_body(row: Endpoint, shapes: Shapes) -> Schema:
    """Describe what comes in; a JSON body without required fields may be left out."""
    if row.body is BodyFormat.BYTES:
        content = {BodyFormat.BYTES.value: {"schema": binary()}, "*/*": {"schema": binary()}}
        return {"required": False, "description": UPLOAD_LIMIT, "content": content}
    if row.body is BodyFormat.FORM:
        texts = {name: schema for name, (schema, _) in shapes.fields(row.form).items()}
        form = {"type": "object", "required": ["file"], "properties": {"file": binary(), **texts}}
        return {
            "required": True,
            "description": UPLOAD_LIMIT,
            "content": {BodyFormat.FORM.value: {"schema": form}},
        }
    assert isinstance(row.body, type)  # noqa: S101  # what else there is stands above
    is_required = any(field.is_required() for field in row.body.model_fields.values())
    return {
        "required": is_required,
        "description": JSON_LIMIT,
        "content": {"application/json": shapes.body(row.body)},
    }
