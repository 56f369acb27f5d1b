"""What an S3 server, or a proxy before it, has to say before it is believed.

A status alone proves nothing: a proxy answers 200 with a page of its own, a copy and the end of a multipart
upload answer 200 before they have failed, and a server that knows no ranges sends the whole for a part.
What cannot be read, or says something else than it was asked, is a store that is not available; each such
answer leaves one line in the log.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from wxcloudrun.kit.errors import AppError
from wxcloudrun.kit.texts import text
from wxcloudrun.stores.blobs.port import BLOCK_BYTES, ObjectMissing, OtherSize, StoreFull, StoreUnavailable

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

logger = logging.getLogger(__name__)

MISSING = frozenset({"NoSuchKey", "NoSuchObject", "ResourceNotFound"})
# MinIO's own two, and what other servers say when a bucket or a user may not hold more.
FULL = frozenset({"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "StorageFull"})
BEHIND_THE_END = "InvalidRange"
CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")


class UnreadableAnswer(Exception):
    """The store has answered, and not what it was asked; only this adapter knows it by that name."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what the SDK and its transport raise into the port's words, and write unreadable answers down."""
    try:
        with translated_sdk_errors():
            yield
    except UnreadableAnswer as error:
        logger.warning("store_answer_unreadable", extra={"cause": error.cause})
        message = text("the blob store gives no answer that can be read; try again")
        raise StoreUnavailable(message) from error


@contextmanager
def translated_sdk_errors() -> Iterator[None]:
    """Turn what the SDK and its transport raise into the port's words."""
    try:
        yield
    except AppError:
        raise
    except S3Error as error:
        if error.code in MISSING:
            raise ObjectMissing from error
        if error.code == BEHIND_THE_END:
            raise OtherSize from error
        raise refused(error.code, error.response.status) from error
    except (InvalidResponseError, ParseError, ValueError) as error:  # no XML, or XML that says something else
        raise unreadable(error) from error
    except (HTTPError, ServerError, MinioException, OSError) as error:
        raise StoreUnavailable(text("the blob store does not answer")) from error


def unreadable(error: Exception) -> StoreUnavailable | UnreadableAnswer:
    """Say that an answer cannot be read; one of its statuses needs no reading."""
    if getattr(error, "_code", None) == HTTPStatus.INSUFFICIENT_STORAGE:  # of an answer that is no XML
        return refused(None, HTTPStatus.INSUFFICIENT_STORAGE)
    return UnreadableAnswer(type(error).__name__)


def refused(code: str | None, status: int) -> StoreUnavailable:
    """Say that the server has understood and will not, by the code and the status of its answer."""
    store_code = code or str(int(status))
    if code in FULL or status == HTTPStatus.INSUFFICIENT_STORAGE:
        return StoreFull(
            text("the S3 server has no room left; delete what is not needed"), store_code=store_code
        )
    return StoreUnavailable(text("the blob store refused the request"), store_code=store_code)


def confirmed(etag: str | None) -> str:
    """Return the ETag of what was written. Raises UnreadableAnswer: without one nothing was confirmed."""
    if not etag:
        raise UnreadableAnswer("no ETag")
    return etag


class OpenedRead:
    """The answer to one GET: checked before its first block, and counted to its last."""

    def __init__(self, response: "BaseHTTPResponse") -> None:
        self._response = response

    def blocks(self, *, start: int, length: int | None, size_bytes: int | None) -> Iterator[bytes]:
        """Return the asked part in blocks of 1 MiB at most.

        Raises OtherSize or StoreUnavailable at once for an answer with other bytes than were asked for,
        and StoreUnavailable on the way for one that ends early or goes on.
        """
        try:
            with translated_errors():
                expected = self._promised(start=start, length=length, size_bytes=size_bytes)
        except BaseException:
            self._drop()
            raise
        return self._counted(expected)

    def _promised(self, *, start: int, length: int | None, size_bytes: int | None) -> int:
        """Return how many bytes will come, if they are the right ones."""
        headers = self._response.headers
        confirmed(headers.get("ETag"))
        if headers.get("Content-Encoding", "identity") != "identity":
            raise UnreadableAnswer("coded content")
        if length is None and start == 0:
            return self._whole(size_bytes)
        matched = CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        if self._response.status != HTTPStatus.PARTIAL_CONTENT or matched is None:
            raise UnreadableAnswer("no range")
        first, last, total = map(int, matched.groups())
        if size_bytes is not None and total != size_bytes:
            raise OtherSize
        stop = total if length is None else start + length
        if total < stop:
            raise StoreUnavailable(text("the stored object is shorter than it was"))
        if (first, last + 1) != (start, stop):
            raise UnreadableAnswer("another range")
        return stop - start

    def _whole(self, size_bytes: int | None) -> int:
        announced = self._response.headers.get("Content-Length", "")
        if self._response.status != HTTPStatus.OK or not announced.isdecimal():
            raise UnreadableAnswer("no length")
        if size_bytes not in (None, int(announced)):
            raise OtherSize
        return int(announced)

    def _counted(self, expected: int) -> Iterator[bytes]:
        left = expected
        try:
            with translated_errors():
                while block := self._response.read1(
                    BLOCK_BYTES
                ):  # what is there, while the next is on its way
                    left -= len(block)
                    if left < 0:
                        raise UnreadableAnswer("more bytes than announced")
                    yield block
            if left:
                raise StoreUnavailable(text("the stored object is shorter than it was"))
        except BaseException:
            self._drop()
            raise
        self._response.release_conn()

    def _drop(self) -> None:
        """Give up the connection: an unread rest would poison it for the next request."""
        self._response.close()
        self._response.release_conn()
