"""Calls to other services: bounded in time and size, never redirected, and never repeated in a log."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wxcloudrun.kit import clock

CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 5.0  # between two bytes of an answer
TOTAL_SECONDS = 8.0
MAX_ANSWER_BYTES = 64 * 1024
BLOCK_BYTES = 64 * 1024
OK = 200

if TYPE_CHECKING:
    import requests


class CallFailed(Exception):
    """The other service gave no usable answer. The message never holds the URL, which may hold secrets."""


class HttpClient:
    """Fetches answers from one other service, small ones unless another size is given."""

    def __init__(self, base_url: str, *, max_answer_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._base_url = base_url.rstrip("/")
        self._max_answer_bytes = max_answer_bytes

    def get(self, path: str, parameters: Mapping[str, str]) -> bytes:
        """Return the body of a 200. Raises CallFailed for everything else, a time-out among it."""
        return self._call("GET", path, {}, params=dict(parameters))

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Send bytes and return the body of a 200. Raises CallFailed for everything else."""
        return self._call("POST", path, headers, data=body)

    def _call(self, method: str, path: str, headers: Mapping[str, str], **sent: Any) -> bytes:
        import requests  # noqa: PLC0415  # most servers never call another, and it takes 5 MB

        # What reading an answer as it comes raises; it is there and not declared.
        below = getattr(requests.exceptions, "BaseHTTPError")  # noqa: B009

        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy and no password comes in by the environment
                with session.request(
                    method,
                    self._base_url + path,
                    timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
                    allow_redirects=False,
                    stream=True,
                    headers={"Accept-Encoding": "identity", **headers},
                    **sent,
                ) as response:
                    return read_body(response, self._max_answer_bytes)
        except (OSError, below) as error:
            raise CallFailed(type(error).__name__) from None

    def __repr__(self) -> str:
        return f"HttpClient({urlsplit(self._base_url).hostname})"


def read_body(response: "requests.Response", max_bytes: int) -> bytes:
    """Return the body of a 200 that comes in time and is not too long. Raises CallFailed."""
    if response.status_code != OK:
        raise CallFailed(f"status {response.status_code}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise CallFailed("the answer is coded, which nobody asked for")
    deadline = clock.monotonic() + TOTAL_SECONDS
    body = bytearray()
    # As it comes, so that one who sends a byte now and then cannot hold a thread for ever.
    while piece := response.raw.read1(BLOCK_BYTES):
        body += piece
        if len(body) > max_bytes:
            raise CallFailed("the answer is too long")
        if clock.monotonic() > deadline:
            raise CallFailed("the answer takes too long")
    return bytes(body)
