"""Clients that vanish in the middle: what they began is wholly gone."""

import time
from collections.abc import Callable

import pytest

from tests.support.builders import content, sha256
from tests.support.client import ApiClient
from tests.support.live import LiveServer
from tests.support.raw_http import RawConnection

MIB = 1024 * 1024
PATIENCE_SECONDS = 10


def eventually(holds: Callable[[], bool]) -> bool:
    """Tell whether something becomes true; the server learns of a vanished client a little later."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


@pytest.mark.parametrize("sent", [0, 10, MIB, 5 * MIB])
def test_given_a_raw_body_cut_in_the_middle_then_no_row_and_no_object_remains(
    server: LiveServer, admin: ApiClient, admin_token: str, package_url: str, sent: int
) -> None:
    before, lines = server.objects(), len(server.log_lines())
    data = content(8 * MIB, seed=sent + 1)

    with RawConnection(server.port) as connection:
        connection.head("PUT", package_url + "/upload/cut.bin", admin_token, Content_Length=str(len(data)))
        connection.send(data[:sent])

    assert eventually(lambda: [line.get("status") for line in server.told(since=lines)] == [400])
    assert server.objects() <= before
    assert admin.get(package_url + "/uploads").items == []
    assert admin.get(f"/api/v1/artifact/{sha256(data)}").status == 404


def test_given_a_chunked_body_cut_in_the_middle_then_nothing_remains(
    server: LiveServer, admin: ApiClient, admin_token: str, package_url: str
) -> None:
    before, lines = server.objects(), len(server.log_lines())

    with RawConnection(server.port) as connection:
        connection.head("PUT", package_url + "/upload/cut.bin", admin_token, Transfer_Encoding="chunked")
        connection.send(b"10000\r\n" + content(65_536) + b"\r\n" + b"10000\r\n" + content(1000))

    assert eventually(lambda: [line.get("status") for line in server.told(since=lines)] == [400])
    assert server.objects() <= before
    assert admin.get(package_url + "/uploads").items == []


def test_given_a_form_that_ends_before_its_last_boundary_then_400_and_nothing_remains(
    server: LiveServer, admin: ApiClient, package_url: str
) -> None:
    before = server.objects()
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="cut.bin"\r\n\r\n' + content(
        100_000
    )

    answer = admin.request(
        "POST",
        package_url + "/upload",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )

    assert (answer.status, answer.reason) == (400, "interrupted")
    assert server.objects() <= before
    assert admin.get(package_url + "/uploads").items == []


def test_given_a_refused_body_then_the_log_holds_one_line_for_it(
    server: LiveServer, admin: ApiClient
) -> None:
    before = len(server.log_lines())

    admin.post("/api/v1/projects", {"name": "../etc"})

    assert [line.get("status") for line in server.told(since=before)] == [422]
