"""Answers that come before the body: a client without rights never sends its gigabytes in vain."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.live import LiveServer, live_server
from tests.support.raw_http import RawAnswer, RawConnection

LIMIT_BYTES = 4 * 1024 * 1024
LARGE_BYTES = 200 * 1024 * 1024
BLOCK = b"x" * 65_536


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A service that takes 4 MiB at most."""
    with live_server(tmp_path_factory.mktemp("small"), MAX_UPLOAD_BYTES=str(LIMIT_BYTES)) as running:
        yield running


@pytest.fixture(scope="module")
def token(small_server: LiveServer) -> str:
    """A key of the administrator."""
    key = small_server.administrator().post("/api/v1/auth/keys", {"name": "tests"}).ok()
    client = small_server.client(str(key.data["key"]))
    client.post("/api/v1/projects", {"name": "mine"}).ok()
    client.post("/api/v1/project/mine/packages", {"name": "app"}).ok()
    return str(key.data["key"])


@pytest.fixture(scope="module")
def stranger(small_server: LiveServer) -> str:
    """A token of somebody who has nothing to do with the project."""
    credentials = {"email": "stranger@example.com", "password": "a stranger's password"}
    small_server.client().post("/api/v1/auth/register", credentials).ok()
    answer = small_server.client().post("/api/v1/auth/login", credentials).ok()
    return str(answer.data["access_token"])


URL = "/api/v1/project/mine/app/upload/x.bin"


class TestExpectContinue:
    @pytest.mark.parametrize(
        ("who", "headers", "status"),
        [
            ("nobody", {}, 401),
            ("stranger", {}, 404),
            ("token", {"X_Checksum_SHA256": "not-hex"}, 400),
            ("token", {"Content_Length": str(LIMIT_BYTES + 1)}, 413),
        ],
    )
    def test_given_a_refusal_then_the_client_is_never_asked_for_the_body(
        self,
        small_server: LiveServer,
        token: str,
        stranger: str,
        who: str,
        headers: dict[str, str],
        status: int,
    ) -> None:
        credential = {"nobody": None, "stranger": stranger, "token": token}[who]
        headers = {"Content_Length": "1000", **headers}

        with RawConnection(small_server.port) as connection:
            connection.head("PUT", URL, credential, Expect="100-continue", **headers)
            answer = connection.answer()

        assert answer.status == status, "the first answer is the refusal, not 100"
        assert "connection: close" in answer.head.lower()

    def test_given_a_right_then_the_client_is_asked_once_and_the_upload_succeeds(
        self, small_server: LiveServer, token: str
    ) -> None:
        with RawConnection(small_server.port) as connection:
            connection.head("PUT", URL, token, Expect="100-continue", Content_Length="5")
            assert connection.answer().status == 100
            connection.send(b"hello")
            answer = connection.answer()

        assert answer.status == 200
        assert b'"size":5' in answer.body

    def test_given_curl_without_rights_then_it_sends_nothing(
        self, small_server: LiveServer, tmp_path: Path
    ) -> None:
        file = tmp_path / "large.bin"
        with file.open("wb") as sparse:
            sparse.truncate(LARGE_BYTES)

        command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "-T", str(file)]
        done = subprocess.run(
            [*command, "-H", "Expect: 100-continue", small_server.url + URL],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

        assert done.stdout == "401 0", done.stderr


class TestWithoutExpect:
    def refused(self, server: LiveServer, token: str | None, length: int) -> RawAnswer:
        """Send a whole body that nobody asked for, as a simple client does, then read the answer."""
        with RawConnection(server.port) as connection:
            connection.head("PUT", URL, token, Content_Length=str(length))
            sent = 0
            try:
                while sent < length:
                    connection.send(BLOCK[: length - sent])
                    sent += len(BLOCK)
            except OSError:
                pass  # the server has closed: what it said before is still there to be read
            return connection.answer()

    @pytest.mark.parametrize("length", [1000, 1024 * 1024, 20 * 1024 * 1024])
    def test_given_nobody_then_the_answer_arrives_and_not_a_reset(
        self, small_server: LiveServer, length: int
    ) -> None:
        answer = self.refused(small_server, None, length)

        assert (answer.status, answer.reason) == (401, "unauthorized")

    def test_given_a_stranger_then_the_answer_arrives(self, small_server: LiveServer, stranger: str) -> None:
        assert self.refused(small_server, stranger, 5_000_000).status == 404

    def test_given_too_many_announced_bytes_then_the_limit_is_named(
        self, small_server: LiveServer, token: str
    ) -> None:
        answer = requests.put(
            small_server.url + URL,
            data=b"x" * (LIMIT_BYTES + 1),
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

        assert answer.status_code == 413
        assert answer.json()["data"]["limit"] == LIMIT_BYTES

    def test_given_an_endless_chunked_body_then_it_is_stopped_at_the_limit(
        self, small_server: LiveServer, token: str
    ) -> None:
        before = small_server.objects()
        with RawConnection(small_server.port) as connection:
            connection.head("PUT", URL, token, Transfer_Encoding="chunked")
            sent = 0
            try:
                while sent < LARGE_BYTES:
                    connection.send(b"10000\r\n" + BLOCK + b"\r\n")
                    sent += len(BLOCK)
            except OSError:
                pass
            answer = connection.answer()

        assert (answer.status, answer.reason) == (413, "too_large")
        assert sent < LARGE_BYTES / 2, "the server stopped reading long before the client stopped sending"
        assert small_server.objects() <= before

    def test_given_a_small_refused_body_then_the_next_connection_works(
        self, small_server: LiveServer, token: str
    ) -> None:
        self.refused(small_server, None, 1000)

        assert small_server.client(token).get("/api/v1/auth/me").status == 200
