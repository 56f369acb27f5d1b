"""One object of known length to an S3 server as its bytes arrive: nothing is held, nothing is hashed again.

The request is presigned, so that no signature covers the body (`UNSIGNED-PAYLOAD`). Over plain http the
SDK would hash the bytes for it, the server would hash them once more, and all of them would have to be
there before the first goes out.
"""

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus

import urllib3
from urllib3.response import BaseHTTPResponse

from wxcloudrun.kit.errors import Interrupted
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.s3_answers import confirmed, refused

POOL_CONNECTIONS = 32
MD5 = re.compile(r'"?([0-9a-f]{32})"?')
ERROR_CODE = re.compile(rb"<Code>(\w{1,64})</Code>")
ENCRYPTION = "x-amz-server-side-encryption"  # then an ETag may be anything


class SourceFailed(Exception):
    """Carries what the source raised past those who would take it for a failure of the store.

    urllib3, for one, takes an OSError from a body for one of its own connection and may swallow it.
    """

    def __init__(self, failure: BaseException) -> None:
        super().__init__()
        self.failure = failure


def marked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks that are not empty. Raises SourceFailed."""
    try:
        yield from filter(None, blocks)
    except GeneratorExit:
        raise
    except BaseException as failure:
        raise SourceFailed(failure) from failure


def other_length() -> SourceFailed:
    """Say that a source has ended too early or too late."""
    return SourceFailed(Interrupted(text("the body does not have the announced length")))


class AnnouncedBody:
    """Marked blocks that must add up to `size_bytes`; the last is not given away before they do."""

    def __init__(self, blocks: Iterator[bytes], size_bytes: int) -> None:
        self._blocks = blocks
        self.size_bytes = size_bytes
        self.is_sent = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the blocks. Raises SourceFailed."""
        left, held = self.size_bytes, b""
        for block in self._blocks:
            left -= len(block)
            if (
                left < 0
            ):  # before the block ahead is given away: with it the server may have all it was told of
                raise other_length()
            if held:
                yield held
            held = block
        if left:
            raise other_length()
        yield held
        self.is_sent = True


def stream_pool(stall_seconds: float) -> urllib3.PoolManager:
    """Return what sends streams. It waits so long for each step, and for the whole as long as bytes go."""
    # No `total`: urllib3 would subtract the time that the body has taken from that for the answer.
    timeout = urllib3.Timeout(connect=stall_seconds, read=stall_seconds)
    return urllib3.PoolManager(maxsize=POOL_CONNECTIONS, timeout=timeout)


def put_stream(pool: urllib3.PoolManager, url: str, body: AnnouncedBody) -> str | None:
    """PUT the body to a presigned URL; return the MD5 of what the server has received, if it tells.

    On every failure the connection is closed before the server has had the announced length, so that it
    keeps nothing. Raises SourceFailed, also for a source of another length, StoreUnavailable for a refusal,
    and what urllib3 raises.
    """
    # A connection of its own, for one from a pool may just be going away and a stream cannot be sent again.
    headers = {
        "Content-Length": str(body.size_bytes),
        "Content-Type": "application/octet-stream",
        "Connection": "close",
    }
    answer = pool.urlopen("PUT", url, body=body, headers=headers, retries=False, redirect=False)
    if answer.status != HTTPStatus.OK or not body.is_sent:
        code = ERROR_CODE.search(answer.data)
        raise refused(code[1].decode() if code else None, answer.status)
    confirmed(answer.headers.get("ETag"))
    return md5_of(answer)


def md5_of(answer: BaseHTTPResponse) -> str | None:
    """Return the MD5 that is the ETag of an object that was sent in one piece and is not encrypted."""
    etag = MD5.fullmatch(answer.headers.get("ETag", ""))
    return None if etag is None or ENCRYPTION in answer.headers else etag[1]
