"""What a client asserts about a request that changes something, and this service does not do.

To pass over it would be to do something else than was asked: to store a part as the whole, or a coded body
as the file. It is refused before the body is read. A row that handles such a header itself names it in its
`reads`.
"""

from collections.abc import Callable, Collection, Iterable

from flask import request

from wxcloudrun.kit.errors import ExpectationFailed, Malformed, UnknownTransferCoding, UnsupportedMediaType
from wxcloudrun.kit.texts import text
from wxcloudrun.web.digests import FIELDS

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CONDITIONS = ("If-Match", "If-None-Match", "If-Unmodified-Since")
ASSERTING_TRAILERS = ("upload-checksum", *(field.lower() for field in FIELDS))


def refuse_what_is_not_done(reads: Collection[str]) -> None:
    """Raise a refusal for the first header that would have to be passed over.

    `reads` are the headers that have a meaning at this URL.
    """
    if request.method in SAFE:
        return
    handled = {name.removeprefix("Tag-") for name in reads}
    for name, refuse in CHECKS:
        if name not in handled and (value := request.headers.get(name)) is not None:
            refuse(name, value)


def refuse_part(_name: str, _value: str) -> None:
    """Refuse Content-Range: a server that does not handle it must not take a part for the whole.

    RFC 9110 section 14.5, which names 400.
    """
    raise Malformed(text("parts of a file are not taken here; send the whole, without Content-Range"))


def refuse_content_coding(_name: str, value: str) -> None:
    """Refuse every content coding, which nobody would undo; `identity` is none (RFC 9110 section 8.4)."""
    if any(coding not in {"", "identity"} for coding in listed(value)):
        raise UnsupportedMediaType(
            text("a body with a Content-Encoding is not decoded here; send the bytes as they are"),
            headers={"Accept-Encoding": "identity"},
        )


def refuse_transfer_coding(_name: str, value: str) -> None:
    """Refuse what is not read here (RFC 9112 section 6.1, which names 501)."""
    if listed(value) != ["chunked"]:
        raise UnknownTransferCoding(text("the only Transfer-Encoding that is read here is chunked"))


def refuse_expectation(_name: str, value: str) -> None:
    """Refuse what is not known (RFC 9110 section 10.1.1)."""
    if listed(value) != ["100-continue"]:
        raise ExpectationFailed(text("the only expectation that is met here is 100-continue"))


def refuse_condition(name: str, _value: str) -> None:
    """Refuse a condition that nobody looks at: without it, more would be done than was allowed."""
    raise Malformed(text("{header} is not looked at by this URL, so nothing was done", header=name))


def refuse_announced_trailers(_name: str, value: str) -> None:
    """Refuse, as soon as they are announced, trailers that nobody would look at."""
    refuse_trailers(listed(value))


def refuse_trailers(names: Iterable[str]) -> None:
    """Raise Malformed for a trailer that says something of the body: nobody compares it."""
    for name in names:
        if name.lower() in ASSERTING_TRAILERS or name.lower().startswith("x-checksum"):
            raise Malformed(text("{header} is not read behind the body; send it before", header=name))


def listed(value: str) -> list[str]:
    """Return the members of a list in lower case."""
    return [member.strip().lower() for member in value.split(",")]


CHECKS: tuple[tuple[str, Callable[[str, str], None]], ...] = (
    ("Content-Range", refuse_part),
    ("Content-Encoding", refuse_content_coding),
    ("Transfer-Encoding", refuse_transfer_coding),
    ("Expect", refuse_expectation),
    ("Trailer", refuse_announced_trailers),
    *((name, refuse_condition) for name in CONDITIONS),
)
