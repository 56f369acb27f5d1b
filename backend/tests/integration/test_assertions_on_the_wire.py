"""Assertions of clients over a real connection, as curl and others send them, that do not hold."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.live import LiveServer, live_server
from tests.support.raw_http import RawAnswer, RawConnection

URL = "/api/v1/project/mine/app/upload/x.bin"
FORM_URL = "/api/v1/project/mine/app/upload"
CHUNKS = b"5\r\nhello\r\n0\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A service."""
    with live_server(tmp_path_factory.mktemp("asserting")) as running:
        yield running


@pytest.fixture(scope="module")
def token(server: LiveServer) -> str:
    """A key of the administrator, who has a package."""
    key = server.administrator().post("/api/v1/auth/keys", {"name": "tests"}).ok()
    client = server.client(str(key.data["key"]))
    client.post("/api/v1/projects", {"name": "mine"}).ok()
    client.post("/api/v1/project/mine/packages", {"name": "app"}).ok()
    return str(key.data["key"])


def curl(token: str, *arguments: str) -> tuple[int, str]:
    """Run curl; return the status and the body."""
    command = ["curl", "-sS", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {token}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def chunked(server: LiveServer, token: str, trailers: bytes = b"", **headers: str) -> RawAnswer:
    """Send a body in chunks."""
    coding = {"Transfer_Encoding": "chunked", **headers}
    with RawConnection(server.port) as connection:
        connection.head("PUT", URL, token, **coding)
        connection.send(CHUNKS + trailers + b"\r\n")
        return connection.answer()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to send."""
    path = tmp_path / "f.bin"
    path.write_bytes(b"hello, registry")
    return path


class TestCurl:
    def test_given_an_upload_that_is_resumed_then_400_and_the_part_is_not_stored(
        self, server: LiveServer, token: str, file: Path
    ) -> None:
        before = server.objects()

        status, body = curl(token, "-C", "6", "-T", str(file), server.url + URL)

        assert status == 400
        assert "Content-Range" in body
        assert server.objects() <= before

    def test_given_a_form_sent_with_put_then_415_says_where_it_belongs(
        self, server: LiveServer, token: str, file: Path
    ) -> None:
        before = server.objects()

        status, body = curl(token, "-X", "PUT", "-F", f"file=@{file}", server.url + URL)

        assert status == 415
        assert f"POST the form to {FORM_URL}" in body
        assert server.objects() <= before

    def test_given_a_file_name_with_backslashes_then_422(
        self, server: LiveServer, token: str, file: Path
    ) -> None:
        part = f'file=@{file};filename="C:\\dir\\a.txt"'

        status, body = curl(token, "--form-escape", "-F", part, server.url + FORM_URL)

        assert status == 422
        assert "not a path" in body

    def test_given_a_part_in_base64_then_415(self, server: LiveServer, token: str, file: Path) -> None:
        status, _ = curl(token, "-F", f"file=@{file};encoder=base64", server.url + FORM_URL)

        assert status == 415

    @pytest.mark.parametrize(
        ("header", "wanted"),
        [
            ("Content-Encoding: gzip", 415),
            ("Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==", 422),
            ("Digest: MD5=AAAAAAAAAAAAAAAAAAAAAA==", 422),
            ("Content-Digest: md5=:AAAAAAAAAAAAAAAAAAAAAA==:", 422),
            ("Expect: 200-ok", 417),
            ("If-None-Match: *", 400),
        ],
    )
    def test_given_a_header_that_does_not_hold_then_nothing_is_stored(
        self, server: LiveServer, token: str, file: Path, header: str, wanted: int
    ) -> None:
        before = server.objects()

        status, _ = curl(token, "-H", header, "-T", str(file), server.url + URL)

        assert status == wanted
        assert server.objects() <= before


class TestBeforeTheBody:
    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({"Content_Range": "bytes 0-9/20"}, 400),
            ({"Content_Encoding": "gzip"}, 415),
            ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
            ({"Content_MD5": "nonsense"}, 400),
            ({"If_Match": "*"}, 400),
        ],
    )
    def test_given_a_client_that_waits_then_it_is_never_asked_for_the_body(
        self, server: LiveServer, token: str, headers: dict[str, str], status: int
    ) -> None:
        with RawConnection(server.port) as connection:
            connection.head("PUT", URL, token, Expect="100-continue", Content_Length="1000000", **headers)
            answer = connection.answer()

        assert answer.status == status, "the first answer is the refusal, not 100"


class TestChunks:
    def test_given_chunks_then_they_are_stored(self, server: LiveServer, token: str) -> None:
        assert chunked(server, token, b"Server-Timing: total;dur=1\r\n").status == 200

    @pytest.mark.parametrize(
        "coding", ["gzip, chunked", "identity, chunked", "br, chunked", "x-tar, chunked"]
    )
    def test_given_another_coding_on_the_way_then_501_in_the_envelope(
        self, server: LiveServer, token: str, coding: str
    ) -> None:
        before = server.objects()

        answer = chunked(server, token, Transfer_Encoding=coding)

        assert (answer.status, answer.reason) == (501, "unknown_transfer_coding")
        assert server.objects() <= before

    @pytest.mark.parametrize("name", ["Content-Digest", "content-md5", "X-Checksum-SHA256", "Digest"])
    def test_given_a_trailer_that_says_something_of_the_body_then_400_and_nothing_is_stored(
        self, server: LiveServer, token: str, name: str
    ) -> None:
        before = server.objects()

        answer = chunked(server, token, f"{name}: anything\r\n".encode())

        assert (answer.status, answer.reason) == (400, "malformed")
        assert server.objects() <= before

    def test_given_an_unknown_expectation_then_417_in_the_envelope(
        self, server: LiveServer, token: str
    ) -> None:
        answer = chunked(server, token, Expect="200-ok")

        assert (answer.status, answer.reason) == (417, "expectation_failed")
