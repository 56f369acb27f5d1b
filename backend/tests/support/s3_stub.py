"""A small S3 server over a socket, which keeps its objects in a directory and misbehaves when it is told to.

It speaks as much S3 as the service needs and looks at no signature. `misbehave` changes the answers to one
operation; what may go wrong stands in `tests/support/s3_misbehaviour.py`.
"""

import hashlib
import itertools
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from wxcloudrun.kit import clock

BUCKET = "stub"
BLOCK_BYTES = 256 * 1024
XML = "application/xml"


@dataclass(slots=True)
class StubAnswer:
    """What the server is about to say; `source` is a file whose bytes `first` to `last` are the body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    source: Path | None = None
    first: int = 0
    last: int = -1

    @property
    def length(self) -> int:
        """How many bytes the body has."""
        return len(self.body) if self.source is None else self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class StubRequest:
    """What the server was asked."""

    operation: str
    path: str
    query: dict[str, str]
    headers: Any


class Misbehaviour(Protocol):
    """Changes an answer; with `loses_bytes` what was written is thrown away first."""

    @property
    def loses_bytes(self) -> bool:
        """True if the store forgets what it was given."""

    def changed(self, request: StubRequest, answer: StubAnswer) -> StubAnswer:
        """Return what is said instead."""


class S3Stub:
    """The server: its objects, what it was asked, and how it misbehaves."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.objects: dict[str, Path] = {}
        self.uploads: dict[str, tuple[str, dict[int, Path]]] = {}
        self._numbers = itertools.count()
        self._rules: dict[str, tuple[Misbehaviour, int]] = {}
        self._server = QuietServer(("127.0.0.1", 0), handler_of(self))

    @property
    def endpoint(self) -> str:
        """Where it is, as a client writes it."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def misbehave(self, operation: str, misbehaviour: Misbehaviour, *, times: int = 10**6) -> None:
        """Change the next so many answers to an operation."""
        self._rules[operation] = (misbehaviour, times)

    def behave(self) -> None:
        """Be a good server again."""
        self._rules.clear()

    def rule_for(self, operation: str) -> Misbehaviour | None:
        """Return how this answer is changed, if at all."""
        self.asked.append(operation)
        rule, times = self._rules.get(operation, (None, 0))
        if rule is not None and times > 0:
            self._rules[operation] = (rule, times - 1)
            return rule
        return None

    def new_file(self) -> Path:
        """Return where the next bytes may lie."""
        return self.root / str(next(self._numbers))

    @contextmanager
    def running(self) -> Iterator["S3Stub"]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(10)


class QuietServer(ThreadingHTTPServer):
    """A server to which clients that hang up are nothing to talk about."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of every other failure."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def handler_of(stub: S3Stub) -> type[BaseHTTPRequestHandler]:
    """Return the class that answers requests to a stub."""

    class BoundHandler(StubHandler):
        server_state = stub

    return BoundHandler


class StubHandler(BaseHTTPRequestHandler):
    """One connection."""

    server_state: S3Stub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815  # what the base class looks for

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        _, _, path = unquote(url.path).lstrip("/").partition("/")
        operation = operation_of(self.command, path, query, self.headers)
        request = StubRequest(operation, path, query, self.headers)
        body = self._receive()
        if body is None:  # it was cut: a server keeps nothing of that
            self.close_connection = True
            return
        rule = self.server_state.rule_for(operation)
        before = dict(self.server_state.objects)
        answer = getattr(Operations(self.server_state), operation)(request, body)
        if rule is not None:
            if rule.loses_bytes:
                self.server_state.objects = before
            answer = rule.changed(request, answer)
        self._send(answer)

    def _receive(self) -> Path | None:
        left = int(self.headers.get("Content-Length") or 0)
        target = self.server_state.new_file()
        with target.open("wb") as file:
            while left:
                block = self.rfile.read(min(left, BLOCK_BYTES))
                if not block:
                    return None
                left -= len(block)
                file.write(block)
        return target

    def _send(self, answer: StubAnswer) -> None:
        self.send_response(answer.status)
        length = {} if answer.status == 204 else {"Content-Length": str(answer.length)}
        for name, value in (length | answer.headers).items():
            self.send_header(name, value)
        if self.close_connection:  # or the client may send its next request into a closing connection
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(answer.body)
        if answer.source is not None:
            with answer.source.open("rb") as file:
                copy_part(file, self.wfile, answer.first, answer.length)


def copy_part(file: IO[bytes], target: Any, first: int, length: int) -> None:
    """Write a part of a file."""
    file.seek(first)
    while length > 0 and (block := file.read(min(length, BLOCK_BYTES))):
        length -= len(block)
        target.write(block)


def operation_of(method: str, path: str, query: dict[str, str], headers: Any) -> str:
    """Return the name of what is asked."""
    if not path:
        named = {"uploads": "uploads", "list-type": "list"}
        return next((named[name] for name in named if name in query), f"{method.lower()}_bucket")
    if method == "POST":
        return "create" if "uploads" in query else "complete"
    if "uploadId" in query:
        return {"PUT": "part", "DELETE": "abort"}[method]
    if method == "PUT" and "x-amz-copy-source" in headers:
        return "copy"
    return method.lower()


class Operations:
    """What a good server does."""

    def __init__(self, stub: S3Stub) -> None:
        self._stub = stub

    def head_bucket(self, _request: StubRequest, _body: Path) -> StubAnswer:
        return StubAnswer(200)

    put_bucket = head_bucket

    def put(self, request: StubRequest, body: Path) -> StubAnswer:
        self._stub.objects[request.path] = body
        return StubAnswer(200, {"ETag": etag_of(body)})

    def head(self, request: StubRequest, body: Path) -> StubAnswer:
        return self.get(request, body)

    def get(self, request: StubRequest, _body: Path) -> StubAnswer:
        found = self._stub.objects.get(request.path)
        if found is None:
            return failure(404, "NoSuchKey")
        size = found.stat().st_size
        headers = {"ETag": etag_of(found), "Last-Modified": formatdate(usegmt=True), "Accept-Ranges": "bytes"}
        wanted = request.headers.get("Range")
        if wanted is None:
            return StubAnswer(200, headers, source=found, last=size - 1)
        first_text, _, last_text = wanted.removeprefix("bytes=").partition("-")
        first, last = int(first_text), min(int(last_text or size), size - 1)
        if first >= size:
            return failure(416, "InvalidRange")
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        return StubAnswer(206, headers, source=found, first=first, last=last)

    def delete(self, request: StubRequest, _body: Path) -> StubAnswer:
        self._stub.objects.pop(request.path, None)
        return StubAnswer(204)

    def copy(self, request: StubRequest, _body: Path) -> StubAnswer:
        source = unquote(request.headers["x-amz-copy-source"]).lstrip("/").partition("/")[2]
        if source not in self._stub.objects:
            return failure(404, "NoSuchKey")
        copied = self._stub.objects[request.path] = self._stub.objects[source]
        return document("CopyObjectResult", f"<ETag>{escape(etag_of(copied))}</ETag>")

    def create(self, request: StubRequest, body: Path) -> StubAnswer:
        self._stub.uploads[body.name] = (request.path, {})
        return document("InitiateMultipartUploadResult", f"<UploadId>{body.name}</UploadId>")

    def part(self, request: StubRequest, body: Path) -> StubAnswer:
        upload = self._stub.uploads.get(request.query["uploadId"])
        if upload is None:
            return failure(404, "NoSuchUpload")
        upload[1][int(request.query["partNumber"])] = body
        return StubAnswer(200, {"ETag": etag_of(body)})

    def complete(self, request: StubRequest, body: Path) -> StubAnswer:
        upload = self._stub.uploads.pop(request.query["uploadId"], None)
        if upload is None:
            return failure(404, "NoSuchUpload")
        elements = ET.parse(body).iter()
        numbers = [int(each.text or "") for each in elements if "PartNumber" in each.tag]
        whole = self._stub.new_file()
        with whole.open("wb") as target:
            for number in numbers:
                with upload[1][number].open("rb") as part:
                    copy_part(part, target, 0, part.seek(0, 2))
        self._stub.objects[request.path] = whole
        etag = f"&quot;{hashlib.md5(str(numbers).encode()).hexdigest()}-{len(numbers)}&quot;"
        return document("CompleteMultipartUploadResult", f"<ETag>{etag}</ETag>")

    def abort(self, request: StubRequest, _body: Path) -> StubAnswer:
        found = self._stub.uploads.pop(request.query["uploadId"], None)
        return failure(404, "NoSuchUpload") if found is None else StubAnswer(204)

    def list(self, request: StubRequest, _body: Path) -> StubAnswer:
        found = sorted(path for path in self._stub.objects if path.startswith(request.query["prefix"]))
        moment = clock.rfc3339(clock.now())
        contents = "".join(
            f"<Contents><Key>{escape(path)}</Key><LastModified>{moment}</LastModified>"
            f"<Size>{self._stub.objects[path].stat().st_size}</Size></Contents>"
            for path in found
        )
        return document("ListBucketResult", f"<Name>{BUCKET}</Name>{contents}")

    def uploads(self, request: StubRequest, _body: Path) -> StubAnswer:
        found = "".join(
            f"<Upload><Key>{escape(path)}</Key><UploadId>{upload_id}</UploadId></Upload>"
            for upload_id, (path, _) in self._stub.uploads.items()
            if path.startswith(request.query["prefix"])
        )
        return document("ListMultipartUploadsResult", f"<Bucket>{BUCKET}</Bucket>{found}")


def etag_of(file: Path) -> str:
    """Return the ETag of an object in one piece."""
    measured = hashlib.md5(usedforsecurity=False)
    with file.open("rb") as opened:
        while block := opened.read(BLOCK_BYTES):
            measured.update(block)
    return f'"{measured.hexdigest()}"'


def document(name: str, content: str) -> StubAnswer:
    """Answer an XML document."""
    body = f'<?xml version="1.0" encoding="UTF-8"?><{name}>{content}</{name}>'
    return StubAnswer(200, {"Content-Type": XML}, body.encode())


def failure(status: int, code: str) -> StubAnswer:
    """Answer an error as S3 does."""
    answer = document("Error", f"<Code>{code}</Code><Message>said by the stub</Message>")
    answer.status = status
    return answer
