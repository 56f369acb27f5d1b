"""Counts what requests bring and what answers carry away, around the whole application."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import WSGIApplication

from flask import Flask, Response, abort, g, request

from wxcloudrun.kit import clock
from wxcloudrun.serving import metrics
from wxcloudrun.stores.blobs.outgoing import FileBody, StoreBody

METRICS_PATH = "/metrics"


class CountedInput:
    """A request body that counts the bytes which are read from it, not those that were announced."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __getattr__(self, name: str) -> Any:
        if name == "readinto":  # a way past the counter
            raise AttributeError(name)
        return getattr(self._body, name)

    def read(self, size: int = -1) -> bytes:
        """Read like the body itself."""
        block: bytes = self._body.read(size)
        metrics.RECEIVED_BYTES.inc(len(block))
        return block


class CountedOutput:
    """An answer's body that counts its blocks when the server asks for the next one."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        for block in self._body:
            yield block
            metrics.SENT_BYTES.inc(len(block))  # it has gone out, or this line is not reached

    def close(self) -> None:
        """Close the body itself."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


def meter(app: Flask, *, metrics_port: int | None) -> None:
    """Count every request; keep the metrics to their own port if they have one."""
    app.wsgi_app = counting(app.wsgi_app)  # type: ignore[assignment,method-assign]  # the place that Flask has for middleware
    app.after_request(count_answer)
    if metrics_port is not None:
        app.before_request(lambda: keep_apart(str(metrics_port)))


def counting(application: WSGIApplication) -> WSGIApplication:
    """Count the bytes of bodies."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"] = CountedInput(environ["wsgi.input"])
        body = application(environ, start_response)
        if isinstance(body, (FileBody, StoreBody)):
            body.note_sent = metrics.SENT_BYTES.inc  # the server may send it without iterating
            return body
        return CountedOutput(body)

    return wrapped


def count_answer(response: Response) -> Response:
    """Count a request by method, route and status, and how long its answer took to begin."""
    route = request.url_rule.rule if request.url_rule else None
    seconds = clock.monotonic() - g.began_at
    metrics.count_request(request.method, route, response.status_code, seconds)
    return response


def keep_apart(metrics_port: str) -> None:
    """Answer nothing but metrics on their port, and metrics on no other."""
    # The server knows on which of its sockets a request came; a client cannot choose this.
    is_their_port = request.environ["SERVER_PORT"] == metrics_port
    if is_their_port != (request.path == METRICS_PATH):
        abort(404)
