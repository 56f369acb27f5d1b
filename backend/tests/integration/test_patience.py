"""Clients that are slow, silent or too many: they are told so or dropped in time, and nobody else notices."""

import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import psutil
import pytest
import requests

from tests.support.builders import content, sha256
from tests.support.client import ApiClient
from tests.support.live import LiveServer, live_server
from tests.support.patience import (
    CROWD,
    DOWNLOAD,
    LARGE,
    MIB,
    SECONDS,
    SETTINGS,
    SOON,
    UPLOAD,
    answers_soon,
    eventually,
    figure,
    reading,
    rest_of,
    small_socket,
    together,
)
from tests.support.raw_http import RawConnection, body_of, received_bytes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A service with two threads, little patience and few places."""
    with live_server(tmp_path_factory.mktemp("patience"), **SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def token(server: LiveServer) -> str:
    """A key of the administrator, who has a public package with a large artifact."""
    administrator = server.administrator()
    wanted = {"name": "tests", "scopes": ["read", "write", "manage"]}
    key = str(administrator.post("/api/v1/auth/keys", wanted).ok().data["key"])
    client = server.client(key)
    client.post("/api/v1/projects", {"name": "mine", "is_public": True}).ok()
    client.post("/api/v1/project/mine/packages", {"name": "app"}).ok()
    client.put("/api/v1/project/mine/app/upload/large.bin", LARGE, query={"tag": "large"}).ok()
    return key


@pytest.fixture
def client(server: LiveServer, token: str) -> ApiClient:
    """The administrator."""
    return server.client(token)


BEGINNINGS = {
    "nothing": b"",
    "one byte": b"G",
    "half a head": b"GET /api/health HTTP/1.1\r\nHost: he",
    "half a JSON body": (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        b'Content-Length: 60\r\n\r\n{"email": "a'
    ),
}


class TestRequestsThatDoNotCome:
    @pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
    def test_given_many_that_stop_in_the_middle_then_others_are_answered_and_they_are_dropped(
        self, server: LiveServer, client: ApiClient, beginning: bytes
    ) -> None:
        with ExitStack() as stack:
            silent = [
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=SOON))
                for _ in range(CROWD)
            ]
            for each in silent:
                each.sendall(beginning)

            assert answers_soon(server, client)
            said = [rest_of(each) for each in silent]

        if beginning:
            assert all(each.startswith(b"HTTP/1.1 408 ") and b'"timed_out"' in each for each in said), said
        else:
            assert said == [b""] * CROWD

    def test_given_a_byte_now_and_then_then_the_deadline_is_for_the_whole_head(
        self, server: LiveServer
    ) -> None:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), timeout=0.2) as trickling:
            said = b""
            while not said and time.monotonic() - began < SOON:
                trickling.sendall(b"G")
                with contextlib.suppress(TimeoutError):
                    said = trickling.recv(4096)

        assert said.startswith(b"HTTP/1.1 408 ")

    def test_given_a_kept_connection_without_a_next_request_then_it_is_closed(
        self, server: LiveServer
    ) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=SOON) as connection:
            connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: here\r\n\r\n")
            assert rest_of(connection).startswith(b"HTTP/1.1 200 OK")

    def test_given_a_head_in_pieces_then_it_is_read(self, server: LiveServer) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=SOON) as connection:
            for piece in (
                b"GET /api/hea",
                b"lth HTTP/1.1\r\nHost: h",
                b"ere\r\nConnection: close\r",
                b"\n\r\n",
            ):
                connection.sendall(piece)
                time.sleep(0.05)
            assert rest_of(connection).startswith(b"HTTP/1.1 200 OK")


class TestSlowDownloads:
    def test_given_more_readers_than_threads_then_others_are_answered_and_each_gets_its_bytes(
        self, server: LiveServer, client: ApiClient, token: str
    ) -> None:
        with ExitStack() as stack:
            readers = [stack.enter_context(reading(server, token)) for _ in range(CROWD)]
            assert eventually(lambda: figure(server, "registry_transfers_active") == CROWD)

            assert answers_soon(server, client)
            for body in together(partial(body_of, length=len(LARGE)), readers):
                assert (sha256(body), len(body)) == (sha256(LARGE), len(LARGE))

        assert eventually(lambda: figure(server, "registry_transfers_active") == 0)

    @pytest.mark.parametrize("path", ["/api/docs/swagger-ui-bundle.js", "/api/openapi.json"])
    def test_given_slow_readers_of_what_is_no_artifact_then_others_are_answered_too(
        self, server: LiveServer, client: ApiClient, path: str
    ) -> None:
        whole = requests.get(server.url + path, timeout=20).content
        with ExitStack() as stack:
            readers = [stack.enter_context(reading(server, None, path)) for _ in range(CROWD)]
            assert eventually(lambda: figure(server, "registry_transfers_active") == CROWD)

            assert answers_soon(server, client)
            assert together(partial(body_of, length=len(whole)), readers) == [whole] * CROWD

        assert eventually(lambda: figure(server, "registry_transfers_active") == 0)

    @pytest.mark.parametrize("path", [DOWNLOAD, "/api/openapi.json"])
    def test_given_readers_that_reset_then_nothing_is_left_and_the_log_has_no_trace(
        self, server: LiveServer, token: str, path: str
    ) -> None:
        for wait_seconds in (0, 0.01, 0.1, 0.3):
            for _ in range(CROWD):
                connection = reading(server, token, path)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                time.sleep(wait_seconds)
                connection.close()

        assert eventually(lambda: figure(server, "registry_transfers_active") == 0)
        log = "\n".join(server.log_lines())
        assert "never retrieved" not in log
        assert "Traceback" not in log

    def test_given_a_slow_download_then_the_connection_is_kept_for_the_next_request(
        self, server: LiveServer, token: str
    ) -> None:
        with reading(server, token) as connection:
            time.sleep(0.3)
            received = received_bytes(connection, len(LARGE))
            connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
            received += rest_of(connection)

        assert b'"status":"healthy"' in received[-300:]
        assert received.count(b"HTTP/1.1 200 OK") == 2

    def test_given_a_range_then_only_that_is_sent(self, server: LiveServer, token: str) -> None:
        with small_socket(server) as connection:
            connection.sendall(
                f"GET {DOWNLOAD} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {token}\r\n"
                f"Range: bytes=1000000-6999999\r\nConnection: close\r\n\r\n".encode()
            )
            time.sleep(0.3)
            head, _, body = rest_of(connection).partition(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 206 ")
        assert body == LARGE[1_000_000:7_000_000]

    def test_given_a_reader_that_stalls_then_it_is_given_up_and_its_file_is_closed(
        self, server: LiveServer, token: str
    ) -> None:
        worker = psutil.Process(server.process.pid).children()[0]

        def open_objects() -> int:
            return sum("/objects/" in each.path for each in worker.open_files())

        with reading(server, token):
            assert eventually(lambda: open_objects() == 1)
            assert eventually(lambda: open_objects() == 0), "the reader is still there"
            assert figure(server, "registry_transfers_active") == 0

    def test_given_a_reader_that_vanishes_then_its_place_is_free_at_once(
        self, server: LiveServer, token: str
    ) -> None:
        connection = reading(server, token)
        assert eventually(lambda: figure(server, "registry_transfers_active") == 1)
        connection.close()

        assert eventually(lambda: figure(server, "registry_transfers_active") == 0, seconds=SECONDS)

    def test_given_one_client_with_many_downloads_then_it_is_told_to_wait_and_others_are_not(
        self, server: LiveServer, token: str
    ) -> None:
        most = int(SETTINGS["DOWNLOADS_PER_CLIENT"])
        refused = figure(server, "registry_transfers_refused_total")
        with ExitStack() as stack:
            for _ in range(most):
                stack.enter_context(reading(server, token))
            assert eventually(lambda: figure(server, "registry_transfers_active") == most)

            headers = {"Authorization": f"Bearer {token}"}
            same = requests.get(server.url + DOWNLOAD, headers=headers, timeout=20)
            other = requests.get(server.url + DOWNLOAD, timeout=20)  # anonymous: the address counts

        assert (same.status_code, same.json()["data"]["reason"]) == (503, "busy")
        assert int(same.headers["Retry-After"]) > 0
        assert sha256(other.content) == sha256(LARGE)
        assert figure(server, "registry_transfers_refused_total") == refused + 1
        assert eventually(lambda: figure(server, "registry_transfers_active") == 0)


class TestSlowUploads:
    def test_given_all_places_taken_then_others_are_refused_before_their_body_and_questions_are_answered(
        self, server: LiveServer, client: ApiClient, token: str
    ) -> None:
        most = int(SETTINGS["UPLOADS_PER_WORKER"])
        before = server.objects()
        with ExitStack() as stack:
            writers = [stack.enter_context(RawConnection(server.port)) for _ in range(most)]
            for each in writers:
                each.head("PUT", UPLOAD, token, Content_Length=str(MIB))
                each.send(b"x" * 100_000)
            assert eventually(lambda: figure(server, "registry_transfers_active") == most)

            with RawConnection(server.port) as late:
                late.head("PUT", UPLOAD, token, Content_Length=str(MIB), Expect="100-continue")
                answer = late.answer()
            assert (answer.status, answer.reason) == (503, "busy")
            assert "retry-after:" in answer.head.lower()
            assert answers_soon(server, client)
            small = client.put("/api/v1/project/mine/app/upload/s.bin", b"small")
            assert small.status == 200, "an upload that is wholly there needs no place"

        assert eventually(lambda: figure(server, "registry_transfers_active") == 0)
        assert eventually(lambda: len(server.objects() - before) == 1), "the cut ones leave nothing"

    def test_given_a_burst_then_those_without_a_place_are_told_at_once(
        self, server: LiveServer, token: str
    ) -> None:
        most, burst = int(SETTINGS["UPLOADS_PER_WORKER"]), 20
        with ExitStack() as stack:
            writers = [stack.enter_context(RawConnection(server.port)) for _ in range(burst)]
            for each in writers:
                each.head("PUT", UPLOAD, token, Content_Length=str(MIB))
            refused = []
            for each in writers:
                each.sock.settimeout(SECONDS / 2)  # those with a place say nothing for twice as long
                with contextlib.suppress(TimeoutError):
                    refused.append(each.answer())

        # Those with a place are given up when they have been silent for long enough, with 400.
        statuses = [each.status for each in refused]
        assert statuses.count(503) == burst - most, statuses
        assert eventually(lambda: figure(server, "registry_transfers_active") == 0)

    def test_given_json_that_trickles_then_it_has_one_deadline(self, server: LiveServer, token: str) -> None:
        with RawConnection(server.port) as connection:
            kind = "application/json"
            connection.head("POST", "/api/v1/projects", token, Content_Length="900000", Content_Type=kind)
            began = time.monotonic()
            with contextlib.suppress(OSError):
                while time.monotonic() - began < SOON * 2:
                    connection.send(b" " * 4096)  # four times what keeps an upload alive
                    time.sleep(0.2)
                    if select.select([connection.sock], [], [], 0)[0]:
                        break
            answer = connection.answer()

        assert (answer.status, answer.reason) == (400, "interrupted")

    def test_given_many_long_bodies_of_strangers_then_uploads_are_taken_as_before(
        self, server: LiveServer, client: ApiClient
    ) -> None:
        login = "/api/v1/auth/login"
        with ExitStack() as stack:
            strangers = [stack.enter_context(RawConnection(server.port)) for _ in range(CROWD + 1)]
            for each in strangers:
                each.head("POST", login, None, Transfer_Encoding="chunked", Content_Type="application/json")
                each.send(b"1\r\n{\r\n")
                time.sleep(0.05)

            assert strangers[-1].answer().status == 503
            uploaded = client.put("/api/v1/project/mine/app/upload/b.bin", content(200_000, seed=12)).ok()

        assert uploaded.data["size"] == 200_000

    def test_given_a_padded_length_then_the_body_is_read_as_a_long_one(
        self, server: LiveServer, client: ApiClient, token: str
    ) -> None:
        lengths = ["900000 ", "000000000000000000000900000"]
        with ExitStack() as stack:
            for length in lengths * 2:  # twice as many as there are threads for short requests
                trickling = stack.enter_context(RawConnection(server.port))
                trickling.head("PUT", UPLOAD, token, Content_Length=length)
                trickling.send(b"x")
            assert answers_soon(server, client)

        assert eventually(lambda: figure(server, "registry_transfers_active") == 0)

    def test_given_a_body_that_trickles_for_long_then_it_is_whole(
        self, server: LiveServer, client: ApiClient, token: str
    ) -> None:
        data = content(SECONDS * 2 * 40_000, seed=7)
        with RawConnection(server.port) as connection:
            connection.head("PUT", UPLOAD + "?version=7.0", token, Content_Length=str(len(data)))
            for start in range(0, len(data), 8_000):
                connection.send(data[start : start + 8_000])
                time.sleep(0.2)
            answer = connection.answer()

        assert answer.status == 200, answer
        assert client.get("/api/v1/project/mine/app/+/version:7.0").body == data

    def test_given_a_body_that_stalls_then_400_and_nothing_is_kept(
        self, server: LiveServer, token: str
    ) -> None:
        before = server.objects()
        with RawConnection(server.port) as connection:
            connection.head("PUT", UPLOAD, token, Content_Length=str(MIB))
            connection.send(b"x" * 1000)
            answer = connection.answer()

        assert (answer.status, answer.reason) == (400, "interrupted")
        assert server.objects() <= before
