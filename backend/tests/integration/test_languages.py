"""Chinese over a real socket, also for requests that cannot be read."""

import json

import pytest

from tests.support.client import ApiClient
from tests.support.live import LiveServer
from tests.support.raw_http import RawAnswer, RawConnection


def answered(
    server: LiveServer, *headers: str, line: str = "GET /api/health HTTP/1.1", host: str = "registry"
) -> RawAnswer:
    """Send a request of these lines and return what comes back."""
    with RawConnection(server.port) as connection:
        connection.send("\r\n".join([line, f"Host: {host}", *headers, "", ""]).encode())
        return connection.answer()


def message(answer: RawAnswer) -> str:
    """Return what an answer says to people."""
    return str(json.loads(answer.body)["msg"])


def test_given_somebody_who_reads_chinese_then_a_refusal_is_in_it(admin: ApiClient) -> None:
    answer = admin.get("/api/v1/project/nothing", headers={"Accept-Language": "zh-CN"})

    assert (answer.status, answer.msg) == (404, "找不到项目 nothing，或你无权查看")


@pytest.mark.parametrize(
    "broken",
    ["Content-Length: many", "Transfer-Encoding: gzip", "Content-Length: 1\r\nContent-Length: 2"],
)
def test_given_a_request_that_cannot_be_read_whose_headers_are_known_then_it_is_in_chinese(
    server: LiveServer, broken: str
) -> None:
    answer = answered(server, "Accept-Language: zh-CN", broken)

    assert (answer.status, answer.reason) == (400, "malformed")
    assert message(answer) == "这不是本服务能够识别的 HTTP 请求"
    assert "Content-Language: zh-CN" in answer.head
    assert "Vary: Accept-Language" in answer.head


def test_given_no_good_host_then_what_is_wrong_with_it_is_in_chinese(server: LiveServer) -> None:
    answer = answered(server, "Accept-Language: zh-CN", host="a b")

    assert (answer.status, message(answer)) == (400, "Host 请求头应为主机名或地址，必要时带上端口")


@pytest.mark.parametrize(
    ("lines", "status", "said"),
    [
        ({"line": f"GET /{'x' * 10_000} HTTP/1.1"}, 414, "the URL is too long"),
        ({"line": "GET / HTTP/7"}, 400, "this is not HTTP as this service reads it"),
    ],
)
def test_given_a_request_of_which_nothing_is_known_then_the_refusal_is_english(
    server: LiveServer, lines: dict[str, str], status: int, said: str
) -> None:
    answer = answered(server, "Accept-Language: zh-CN", **lines)

    assert (answer.status, message(answer)) == (status, said)
    assert "Content-Language: en" in answer.head
    assert "Cache-Control: no-store" in answer.head


def test_given_headers_that_are_too_long_then_the_refusal_is_english(server: LiveServer) -> None:
    answer = answered(server, "Accept-Language: zh-CN", f"X-Long: {'x' * 20_000}")

    assert (answer.status, message(answer)) == (431, "the headers are too long, or too many")
