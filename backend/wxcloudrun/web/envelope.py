"""The one builder of `{code, data, msg}`, which every JSON answer is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from pydantic import BaseModel

from wxcloudrun.kit.remarks import HEADER, Remark
from wxcloudrun.kit.texts import Text
from wxcloudrun.web import languages

SUCCESS_HEAD = b'{"code":1,"data":'
SUCCESS_TAIL = b',"msg":"success"}\n'  # the line break is for people with a terminal
JSON = "application/json"


def ok(data: BaseModel | Mapping[str, Any] | None = None, *, status: int = 200) -> Response:
    """Answer success with `data` ({} if there is nothing to say)."""
    if isinstance(data, BaseModel):
        body = data.model_dump_json(by_alias=True).encode()
    else:
        body = json.dumps(data or {}, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(SUCCESS_HEAD + body + SUCCESS_TAIL, status=status, content_type=JSON)


def no_content(remarks: Sequence[Remark] = ()) -> Response:
    """Answer 204, which has no body and so no envelope; what there is to say stands in a header."""
    return with_remarks(without_body(204), remarks)


def with_remarks(response: Response, remarks: Sequence[Remark]) -> Response:
    """Warn of something in a header, beside a success.

    Of a response that is bytes the header is in a language, and the bytes are not.
    """
    if remarks:
        language = languages.of_request()
        said = languages.translated([each.as_json() for each in remarks], language)
        response.headers[HEADER] = json.dumps(said, separators=(",", ":"))
        if "X-Artifact-Id" in response.headers:
            response.vary.add("Accept-Language")
        else:
            languages.mark(response, language)
    return response


def without_body(status: int) -> Response:
    """Answer a status that has no body and therefore no type of one."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def failure(
    status: int,
    message: Text,
    facts: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    *,
    language: str | None = None,
) -> Response:
    """Answer an error; `facts` are what a program needs to act on it, among them its `reason`.

    Sentences are said in `language`, by default in that of the request.
    """
    language = language or languages.of_request()
    envelope = languages.translated({"code": 0, "data": facts, "msg": message}, language)
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"), default=str).encode()
    response = Response(body + b"\n", status=status, content_type=JSON)
    response.headers.extend(headers or {})
    languages.mark(response, language)
    return response
