"""Bodies whose framing is broken: the client is told so, nothing is kept, the log has one line."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.client import ApiClient
from tests.support.live import LiveServer
from tests.support.raw_http import RawAnswer, RawConnection

FORM_HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
MALFORMED = {
    "no hex digits": b"zz\r\nhello\r\n0\r\n\r\n",
    "a prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a sign": b"-1\r\nabc\r\n0\r\n\r\n",
    "a plus": b"+3\r\nabc\r\n0\r\n\r\n",
    "an underscore": b"1_0\r\nabc\r\n0\r\n\r\n",
    "a blank before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "a blank behind the size": b"3 \r\nabc\r\n0\r\n\r\n",
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "an extension without a size": b";a=b\r\nabc\r\n0\r\n\r\n",
    "no line break behind a chunk": b"3\r\nabcd\r\n0\r\n\r\n",
    "a longer chunk than announced": b"3\r\nabcdef\r\n0\r\n\r\n",
    "a bare carriage return in an extension": b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "an ill-formed extension": b"3;=\r\nabc\r\n0\r\n\r\n",
    "an endless extension": b"3;a=" + b"x" * 20_000,
    "a size of 20 digits": b"f" * 20 + b"\r\nabc",
    "a size of 2000 digits": b"7" * 2000 + b"\r\nabc",
    "the second size broken": b"3\r\nabc\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a trailer without a colon": b"3\r\nabc\r\n0\r\nno trailer\r\n\r\n",
    "a trailer with a forbidden name": b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
    "a trailer with an ill-formed name": b"3\r\nabc\r\n0\r\na b: c\r\n\r\n",
    "a trailer with a control character": b"3\r\nabc\r\n0\r\na: \x01\r\n\r\n",
    "a trailer that is folded": b"3\r\nabc\r\n0\r\na: b\r\n c\r\n\r\n",
    "a trailer line that ends with a line feed": b"3\r\nabc\r\n0\r\na: b\n\r\n",
}
TOO_LARGE = {
    "a trailer of 10 KB": b"3\r\nabc\r\n0\r\na: " + b"x" * 10_000 + b"\r\n\r\n",
    "200 trailers": b"3\r\nabc\r\n0\r\n" + b"a: b\r\n" * 200 + b"\r\n",
}

Send = Callable[[bytes], RawAnswer]


@pytest.fixture(params=["raw", "form", "json"])
def send(
    request: pytest.FixtureRequest, server: LiveServer, admin: ApiClient, admin_token: str, package_url: str
) -> Iterator[Send]:
    """Send a chunked body to one of the three kinds of endpoint; check afterwards that nothing is stored."""
    method, path, kind = {
        "raw": ("PUT", package_url + "/upload/a.bin", "application/octet-stream"),
        "form": ("POST", package_url + "/upload", "multipart/form-data; boundary=b"),
        "json": ("POST", "/api/v1/projects", "application/json"),
    }[request.param]
    objects, lines = server.objects(), len(server.log_lines())

    def send_it(body: bytes) -> RawAnswer:
        if request.param == "form":
            body = b"%x\r\n%s\r\n%s" % (len(FORM_HEAD), FORM_HEAD, body)
        with RawConnection(server.port) as connection:
            connection.head(method, path, admin_token, Transfer_Encoding="chunked", Content_Type=kind)
            connection.send(body)
            return connection.answer()

    yield send_it
    told = server.told(since=lines)
    assert [(line["event"], line.get("status", 0) // 100) for line in told] == [("request", 4)], told
    assert server.objects() <= objects
    assert admin.get(package_url + "/uploads").items == []


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_given_broken_chunks_then_400_and_nothing_is_stored(send: Send, body: bytes) -> None:
    answer = send(body)

    assert (answer.status, answer.reason) == (400, "malformed"), answer
    assert "connection: close" in answer.head.lower()


@pytest.mark.parametrize("body", TOO_LARGE.values(), ids=TOO_LARGE)
def test_given_trailers_beyond_the_limits_then_431(send: Send, body: bytes) -> None:
    answer = send(body)

    assert (answer.status, answer.reason) == (431, "headers_too_large"), answer


def test_given_no_credentials_then_broken_chunks_are_not_even_looked_at(server: LiveServer) -> None:
    with RawConnection(server.port) as connection:
        connection.head("PUT", "/api/v1/project/a/b/upload/a.bin", None, Transfer_Encoding="chunked")
        connection.send(MALFORMED["no hex digits"])
        answer = connection.answer()

    assert (answer.status, answer.reason) == (401, "unauthorized")


def test_given_leading_zeros_and_good_extensions_then_the_body_is_read(
    server: LiveServer, admin: ApiClient, admin_token: str, package_url: str
) -> None:
    with RawConnection(server.port) as connection:
        path = package_url + "/upload/a.bin?version=1.0"
        connection.head("PUT", path, admin_token, Transfer_Encoding="chunked")
        connection.send(b'00000000000000000003;a=b;c="d"\r\nabc\r\n0;last\r\nX-Trailer: y\r\n\r\n')
        answer = connection.answer()

    assert answer.status == 200, answer
    assert admin.get(package_url + "/+/version:1.0").body == b"abc"
