"""What is missing of a request, from its first bytes."""

from typing import Any

import pytest

from wxcloudrun.serving.worker.framing import MAX_HEAD_BYTES, SMALL_BODY_BYTES, Incoming, Need, path_of

GET = b"GET /a HTTP/1.1\r\nHost: here\r\n\r\n"


def put(fields: bytes, body: bytes = b"") -> bytes:
    """Write a request with these header lines."""
    return b"PUT /a HTTP/1.1\r\nHost: here\r\n" + fields + b"\r\n" + body


NEEDS = [
    (b"", Need.HEAD),
    (b"G", Need.HEAD),
    (GET[:-1], Need.HEAD),
    (GET, Need.THREAD),
    (GET + b"GET /b HT", Need.THREAD),
    (b"\r\n" + GET, Need.THREAD),
    (put(b"Content-Length: 0\r\n"), Need.THREAD),
    (put(b"Content-Length: 3\r\n", b"ab"), Need.BODY),
    (put(b"Content-Length: 3\r\n", b"abc"), Need.THREAD),
    (put(b"content-length:3\r\n", b"abcd"), Need.THREAD),
    (put(b"Content-Length: %d\r\n" % SMALL_BODY_BYTES), Need.BODY),
    (put(b"Content-Length: %d\r\n" % (SMALL_BODY_BYTES + 1)), Need.READER),
    (put(b"Content-Length: 3\r\nExpect: 100-continue\r\n"), Need.READER),
    (put(b"TRANSFER-ENCODING: chunked\r\n"), Need.READER),
    (put(b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), Need.READER),
    (put(b"Content-Length: -3\r\n"), Need.THREAD),
    (put(b"Content-Length: 1e3\r\n"), Need.THREAD),
    (put(b"Content-Length: " + b"9" * 5000 + b"\r\n"), Need.READER),
    (put(b"Content-Length: 900000 \r\n"), Need.READER),
    (put(b"Content-Length:\t900000\t \r\n"), Need.READER),
    (put(b"Content-Length: 000000000000000000000900000\r\n"), Need.READER),
    (put(b"Content-Length: 0000000000000000000000000\r\n"), Need.THREAD),
    (put(b"Content-Length: 003 \r\n", b"ab"), Need.BODY),
    (put(b"Content-Length:\r\n"), Need.THREAD),
    (put(b"Content-Length: many\r\n"), Need.THREAD),
    (put(b"Content-Length: 1\r\nContent-Length: 2\r\n"), Need.THREAD),
    (put(b"Content-Length: 0\r\nContent-Length: 2\r\n"), Need.THREAD),
    (put(b"X: 1\r\n" * 99), Need.THREAD),
    (put(b"X: 1\r\n" * 16_000), Need.SHORTER_HEAD),
    (put(b"X: 1\r\n" * 120)[:-2], Need.SHORTER_HEAD),
    (b"GET /a HTTP/1.1\n\n", Need.THREAD),
    (b"GET /a HTTP/1.1\r\nHost: here\n", Need.THREAD),
    (b"GET /" + b"a" * 8300, Need.THREAD),
    (b"GET /a HTTP/1.1\r\nX: " + b"a" * 8300, Need.HEAD),
    (b"GET /a HTTP/1.1\r\nX: " + b"a" * MAX_HEAD_BYTES, Need.SHORTER_HEAD),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Need.HEAD),
]


@pytest.mark.parametrize(("received", "need"), NEEDS)
def test_given_the_beginning_of_a_request_then_what_is_missing_is_known(received: bytes, need: Need) -> None:
    assert Incoming().need(bytearray(received)) is need


@pytest.mark.parametrize("cut", range(len(put(b"Content-Length: 3\r\n", b"abc"))))
def test_given_a_request_cut_anywhere_then_more_of_it_is_waited_for(cut: int) -> None:
    whole = put(b"Content-Length: 3\r\n", b"abc")

    assert Incoming().need(bytearray(whole[:cut])) in {Need.HEAD, Need.BODY}


@pytest.mark.parametrize(("whole", "need"), NEEDS)
def test_given_a_request_that_comes_byte_by_byte_then_the_same_is_told_as_of_the_whole(
    whole: bytes, need: Need
) -> None:
    incoming, received = Incoming(), bytearray()
    step = 1 if len(whole) < 1000 else 997
    for start in range(0, len(whole), step):
        received += whole[start : start + step]
        told = incoming.need(received)

    assert told is need if whole else True


class CountingBytes(bytearray):
    """Counts the bytes that are searched in it."""

    searched = 0

    def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        """Search."""
        self.searched += (len(self) if end is None else min(end, len(self))) - start
        return super().find(sub, start, len(self) if end is None else end)

    def count(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        """Search."""
        self.searched += (len(self) if end is None else min(end, len(self))) - start
        return super().count(sub, start, len(self) if end is None else end)


def test_given_a_head_in_small_packets_then_no_byte_is_looked_at_for_each_of_them() -> None:
    incoming, received = Incoming(), CountingBytes()
    head = put(b"".join(b"X: %s\r\n" % (b"x" * 600) for _ in range(90)) + b"Content-Length: 60000\r\n")
    for start in range(0, len(head), 10):
        received += head[start : start + 10]
        incoming.need(received)
    of_the_head = received.searched
    for _ in range(1000):
        received += b"x" * 10
        assert incoming.need(received) is Need.BODY

    assert received.searched == of_the_head
    assert of_the_head < 10 * len(head)


@pytest.mark.parametrize(
    ("received", "path"),
    [
        (GET, "/a"),
        (b"\r\n" + GET, "/a"),
        (b"GET /api/health?a=b HTTP/1.1\r\n\r\n", "/api/health"),
        (b"GET\r\n\r\n", ""),
        (b"no http\r\n\r\n", "http"),
    ],
)
def test_given_a_head_then_its_path_is_known(received: bytes, path: str) -> None:
    assert path_of(bytearray(received)) == path
