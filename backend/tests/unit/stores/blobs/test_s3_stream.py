"""A body to an S3 server as it arrives, against servers that answer early, wrongly or not at all."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import urllib3
from urllib3.exceptions import HTTPError

from tests.support.raw_http import received_head
from wxcloudrun.stores.blobs.port import StoreFull, StoreUnavailable
from wxcloudrun.stores.blobs.s3_answers import UnreadableAnswer, refused
from wxcloudrun.stores.blobs.s3_stream import (
    AnnouncedBody,
    SourceFailed,
    marked,
    put_stream,
    stream_pool,
)

BLOCK = b"x" * 1024 * 1024
MD5 = "0123456789abcdef0123456789abcdef"
Conversation = Callable[[socket.socket], None]


def read_all(sock: socket.socket, size_bytes: int) -> None:
    """Read the head and so many bytes of a body."""
    left = size_bytes - len(received_head(sock).split(b"\r\n\r\n", 1)[1])
    while left > 0 and (block := sock.recv(min(left, 65_536))):
        left -= len(block)


def answering(status: str, *headers: str, body: bytes = b"", after_bytes: int = 0) -> Conversation:
    """Answer once so many bytes of the body have come, and close."""

    def converse(sock: socket.socket) -> None:
        read_all(sock, after_bytes)
        head = "".join(f"{each}\r\n" for each in (f"Content-Length: {len(body)}", *headers))
        sock.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)

    return converse


@pytest.fixture
def url_of() -> Iterator[Callable[[Conversation], str]]:
    """Start a server for one connection; return where it is."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(converse: Conversation) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            try:
                sock, _ = listener.accept()
            except OSError:  # the test was over before this thread had its turn
                return
            with sock:
                converse(sock)

        threads.append(threading.Thread(target=serve, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/bucket/key"

    yield start
    for listener in listeners:
        listener.close()
    for thread in threads:
        thread.join(20)


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    """The connections of a store."""
    with stream_pool(20) as manager:
        yield manager


def blocks(count: int) -> Iterator[bytes]:
    """Yield blocks."""
    for _ in range(count):
        yield BLOCK


def test_given_an_etag_that_is_an_md5_then_that_is_told(
    pool: urllib3.PoolManager, url_of: Callable[[Conversation], str]
) -> None:
    url = url_of(answering("200 OK", f'ETag: "{MD5}"', after_bytes=2 * len(BLOCK)))

    assert put_stream(pool, url, AnnouncedBody(marked(blocks(2)), 2 * len(BLOCK))) == MD5


def test_given_a_body_that_takes_longer_than_one_wait_may_then_it_is_sent_all_the_same(
    url_of: Callable[[Conversation], str],
) -> None:
    url = url_of(answering("200 OK", f'ETag: "{MD5}"', after_bytes=4 * len(BLOCK)))
    stall_seconds = 1.0

    def slowly() -> Iterator[bytes]:
        for block in blocks(4):
            threading.Event().wait(stall_seconds / 2)
            yield block

    with stream_pool(stall_seconds) as pool:
        assert put_stream(pool, url, AnnouncedBody(marked(slowly()), 4 * len(BLOCK))) == MD5


@pytest.mark.parametrize(
    "headers",
    [
        (f'ETag: "{MD5}-2"',),
        ('ETag: "opaque"',),
        (f'ETag: "{MD5}"', "x-amz-server-side-encryption: aws:kms"),
    ],
)
def test_given_an_etag_that_need_be_no_md5_then_none_is_told(
    pool: urllib3.PoolManager, url_of: Callable[[Conversation], str], headers: tuple[str, ...]
) -> None:
    url = url_of(answering("200 OK", *headers, after_bytes=len(BLOCK)))

    assert put_stream(pool, url, AnnouncedBody(marked(blocks(1)), len(BLOCK))) is None


def test_given_a_success_without_an_etag_then_nothing_was_confirmed(
    pool: urllib3.PoolManager, url_of: Callable[[Conversation], str]
) -> None:
    url = url_of(answering("200 OK", after_bytes=len(BLOCK)))

    with pytest.raises(UnreadableAnswer):
        put_stream(pool, url, AnnouncedBody(marked(blocks(1)), len(BLOCK)))


@pytest.mark.parametrize("status", ["403 Forbidden", "503 Service Unavailable", "307 Temporary Redirect"])
def test_given_a_refusal_before_the_body_has_ended_then_it_is_the_stores_and_the_rest_is_not_sent(
    pool: urllib3.PoolManager, url_of: Callable[[Conversation], str], status: str
) -> None:
    said = b"<Error><Code>SlowDown</Code></Error>"

    def refuse(sock: socket.socket) -> None:
        read_all(sock, len(BLOCK))
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n"
        sock.sendall(head.encode() + said)

    body = blocks(1000)

    with pytest.raises((StoreUnavailable, HTTPError)):
        put_stream(pool, url_of(refuse), AnnouncedBody(marked(body), 1000 * len(BLOCK)))

    assert next(body, None) is not None


def test_given_a_refusal_after_the_body_then_the_servers_own_code_is_kept(
    pool: urllib3.PoolManager, url_of: Callable[[Conversation], str]
) -> None:
    said = b"<?xml?><Error><Code>SlowDown</Code><Message>later</Message></Error>"
    url = url_of(answering("503 Slow Down", body=said, after_bytes=len(BLOCK)))

    with pytest.raises(StoreUnavailable) as refused:
        put_stream(pool, url, AnnouncedBody(marked(blocks(1)), len(BLOCK)))

    assert refused.value.facts["store_code"] == "SlowDown"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (507, "XMinioStorageFull"),  # MinIO, by its own list of errors
        (400, "XMinioAdminBucketQuotaExceeded"),
        (403, "QuotaExceeded"),  # Ceph
        (507, None),
    ],
)
def test_given_a_server_without_room_then_the_store_is_full(status: int, code: str | None) -> None:
    refusal = refused(code, status)

    assert type(refusal) is StoreFull
    assert (refusal.status, refusal.reason) == (503, "store_full")
    assert refusal.facts["store_code"] == (code or "507")


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (503, "SlowDown"), (500, None)])
def test_given_another_refusal_then_the_store_does_not_work(status: int, code: str | None) -> None:
    assert type(refused(code, status)) is StoreUnavailable


def test_given_a_server_that_hangs_up_then_that_is_an_error_of_the_transport(
    pool: urllib3.PoolManager, url_of: Callable[[Conversation], str]
) -> None:
    url = url_of(lambda sock: read_all(sock, len(BLOCK)))

    with pytest.raises(HTTPError):
        put_stream(pool, url, AnnouncedBody(marked(blocks(64)), 64 * len(BLOCK)))


def test_given_a_source_that_ends_early_then_the_server_never_gets_the_announced_length(
    pool: urllib3.PoolManager, url_of: Callable[[Conversation], str]
) -> None:
    received: list[int] = []
    done = threading.Event()

    def count(sock: socket.socket) -> None:
        received.append(sum(len(block) for block in iter(lambda: sock.recv(65_536), b"")))
        done.set()

    def source() -> Iterator[bytes]:
        yield from blocks(4)
        raise ConnectionResetError("the client has gone")

    with pytest.raises(SourceFailed) as failed:
        put_stream(pool, url_of(count), AnnouncedBody(marked(source()), 4 * len(BLOCK)))

    assert isinstance(failed.value.failure, ConnectionResetError)
    assert done.wait(20)
    assert received[0] < 4 * len(BLOCK)


def test_given_a_success_before_the_body_has_ended_then_it_is_not_believed(
    pool: urllib3.PoolManager, url_of: Callable[[Conversation], str]
) -> None:
    url = url_of(answering("200 OK", f'ETag: "{MD5}"', "Connection: close", after_bytes=0))

    def source() -> Iterator[bytes]:
        yield BLOCK
        yield BLOCK
        raise BrokenPipeError

    with pytest.raises((StoreUnavailable, SourceFailed)):
        put_stream(pool, url, AnnouncedBody(marked(source()), 4 * len(BLOCK)))


def test_given_a_source_that_goes_on_too_long_then_the_announced_length_is_never_given_away() -> None:
    body, given = iter(AnnouncedBody(marked(blocks(3)), 2 * len(BLOCK))), []

    given.append(next(body))
    with pytest.raises(SourceFailed):
        next(body)

    assert given == [BLOCK]
