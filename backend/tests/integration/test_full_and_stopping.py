"""A service that has no room, or that is told to stop: who is in is served, and who is not is told so."""

import socket
import time
from contextlib import ExitStack

import pytest
import requests

from tests.support.builders import content, sha256
from tests.support.live import live_server, stop
from tests.support.patience import (
    DOWNLOAD,
    LARGE,
    MIB,
    SETTINGS,
    SOON,
    UPLOAD,
    eventually,
    figure,
    reading,
    rest_of,
)
from tests.support.raw_http import RawConnection


class TestConnections:
    def test_given_more_than_an_address_may_have_then_it_is_refused_and_others_are_not(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        settings = {**SETTINGS, "CONNECTIONS_PER_ADDRESS": "5"}
        with live_server(tmp_path_factory.mktemp("crowded"), **settings) as crowded, ExitStack() as stack:
            place = ("127.0.0.1", crowded.port)
            for _ in range(5):
                stack.enter_context(socket.create_connection(place, source_address=("127.0.0.9", 0)))
            late = socket.create_connection(place, timeout=SOON, source_address=("127.0.0.9", 0))
            with late:
                assert rest_of(late).startswith(b"HTTP/1.1 503 ")

            assert requests.get(f"{crowded.url}/api/health", timeout=20).status_code == 200

    def test_given_all_connections_taken_then_the_longest_idle_one_makes_room(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        settings = {**SETTINGS, "CONNECTIONS_PER_WORKER": "16", "HEADER_SECONDS": "300"}
        with live_server(tmp_path_factory.mktemp("full"), **settings) as full, ExitStack() as stack:
            place = ("127.0.0.1", full.port)
            idle = [stack.enter_context(socket.create_connection(place, timeout=SOON)) for _ in range(40)]

            assert requests.get(f"{full.url}/api/health", timeout=20).status_code == 200
            assert rest_of(idle[0]) == b""


class TestStopping:
    def test_given_a_stop_then_what_is_under_way_ends_whole_and_nothing_new_begins(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        with live_server(tmp_path_factory.mktemp("stopping"), **SETTINGS) as stopping:
            key = str(stopping.administrator().post("/api/v1/auth/keys", {"name": "t"}).ok().data["key"])
            client = stopping.client(key)
            client.post("/api/v1/projects", {"name": "mine"}).ok()
            client.post("/api/v1/project/mine/packages", {"name": "app"}).ok()
            client.put("/api/v1/project/mine/app/upload/large.bin", LARGE, query={"tag": "large"}).ok()
            data = content(2 * MIB, seed=3)
            with (
                reading(stopping, key) as down,
                RawConnection(stopping.port) as up,
                socket.create_connection(("127.0.0.1", stopping.port), timeout=SOON) as kept,
            ):
                up.head("PUT", UPLOAD, key, Content_Length=str(len(data)))
                up.send(data[:MIB])
                kept.sendall(b"GET /api/health HTTP/1.1\r\nHost: here\r\n\r\n")
                assert kept.recv(4096).startswith(b"HTTP/1.1 200 OK")
                time.sleep(0.5)
                stopping.process.terminate()
                time.sleep(1.0)
                kept.sendall(
                    f"GET {DOWNLOAD} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
                )
                refused = rest_of(kept)
                up.send(data[MIB:])
                kept_upload = up.answer()
                received = b""
                while block := down.recv(65_536):
                    received += block
            stop(stopping.process)

        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"connection: close" in refused.lower()
        assert kept_upload.status == 200
        assert sha256(received.partition(b"\r\n\r\n")[2]) == sha256(LARGE)


class TestShares:
    def test_given_a_client_with_its_share_then_what_is_refused_disturbs_nobody_who_is_sending(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        settings = {**SETTINGS, "UPLOADS_PER_CLIENT": "1"}
        with live_server(tmp_path_factory.mktemp("share"), **settings) as full:
            key = str(full.administrator().post("/api/v1/auth/keys", {"name": "t"}).ok().data["key"])
            client = full.client(key)
            client.post("/api/v1/projects", {"name": "mine"}).ok()
            client.post("/api/v1/project/mine/packages", {"name": "app"}).ok()
            tus = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
            begun = client.request("POST", "/tus/mine/app", headers={**tus, "Upload-Length": str(MIB)})
            wanted = {"filename": "s.bin", "size": 300_000}
            session = client.post("/api/v1/project/mine/app/uploads/sessions", wanted).ok().data["url"]
            appending = {name.replace("-", "_"): value for name, value in tus.items()}
            appending |= {"Upload_Offset": "0", "Content_Length": str(MIB)}
            with RawConnection(full.port) as live:
                live.head("PATCH", begun.headers["Location"], key, **appending)
                live.send(b"x" * 200_000)
                assert eventually(lambda: figure(full, "registry_transfers_active") == 1)

                statuses = []
                for method, path, said in (
                    ("PATCH", begun.headers["Location"], appending),
                    ("PUT", f"{session}/parts/1", {"Content_Length": "300000"}),
                ):
                    with RawConnection(full.port) as late:
                        late.head(method, path, key, **said)
                        late.send(b"y" * 1000)
                        statuses.append(late.answer().status)
                live.send(b"x" * (MIB - 200_000))
                done = live.answer()

            assert statuses == [503, 503]
            assert done.status == 204
            assert client.put(f"{session}/parts/1", b"z" * 300_000).status == 200
