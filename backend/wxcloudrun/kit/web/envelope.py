"""The one builder of `{code, data, msg}`, which every JSON answer is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from pydantic import BaseModel

SUCCESS_HEAD = b'{"code":1,"data":'
SUCCESS_TAIL = b',"msg":"success"}\n'  # the line break is for people with a terminal
JSON = "application/json"
MAX_FIELD_NAME = 200  # an unknown field may be called anything


def ok(data: BaseModel | Mapping[str, Any] | None = None, *, status: int = 200) -> Response:
    """Answer success with `data` ({} if there is nothing to say)."""
    if isinstance(data, BaseModel):
        body = data.model_dump_json(by_alias=True).encode()
    else:
        body = json.dumps(data or {}, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(SUCCESS_HEAD + body + SUCCESS_TAIL, status=status, content_type=JSON)


def no_content() -> Response:
    """Answer 204, which has no body and so no envelope."""
    return without_body(204)


def without_body(status: int) -> Response:
    """Answer a status that has no body and therefore no type of one."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def failure(
    status: int, message: str, facts: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """Answer an error; `facts` are what a program needs to act on it, among them its `reason`."""
    envelope = {"code": 0, "data": dict(facts), "msg": message}
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"), default=str).encode()
    response = Response(body + b"\n", status=status, content_type=JSON)
    response.headers.extend(headers or {})
    return response


def validation_errors(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Turn pydantic's list of errors into `[{field, message}]`, without echoing what was sent."""
    return [
        {
            "field": ".".join(str(part) for part in error["loc"])[:MAX_FIELD_NAME] or "body",
            "message": str(error["msg"]).removeprefix("Value error, "),
        }
        for error in errors
    ]
