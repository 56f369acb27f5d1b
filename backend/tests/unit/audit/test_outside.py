"""Ends of the chain that are handed over to other places."""

import json
import socket
from collections.abc import Iterator
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from requests_mock import Mocker

from tests.support.apps import AppWith
from tests.unit.audit.test_chain import tamper, write
from wxcloudrun.audit.gateway import FILE_NAME, FileSink, SinkFailed, SyslogSink
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.audit.service.outside import OutsideHeads, read_heads

URL = "https://witness.example.com/heads"
SECRET = "what both sides know"


@pytest.fixture
def witnessed(app_with: AppWith) -> Iterator[AuditService]:
    """The log of an application that sends its heads to a service."""
    app = app_with(AUDIT_HEADS_WEBHOOK=URL, AUDIT_HEADS_SECRET=SECRET)
    with app.app_context():
        yield app.extensions["services"][AuditService]


def test_given_a_webhook_then_it_gets_each_end_once_signed(
    witnessed: AuditService, requests_mock: Mocker
) -> None:
    requests_mock.post(URL)
    write(2)
    witnessed.chain()
    witnessed.chain()
    write(1)
    witnessed.chain()

    bodies = [bytes(request.body) for request in requests_mock.request_history]
    signature = requests_mock.request_history[0].headers["X-Registry-Signature"]

    assert [json.loads(body)["position"] for body in bodies] == [2, 3]
    assert signature == f"sha256={digest(SECRET.encode(), bodies[0], sha256).hex()}"
    assert witnessed.check(heads=read_heads(body.decode() for body in bodies)).is_clean


def test_given_a_webhook_that_fails_then_entries_are_chained_and_it_gets_the_end_the_next_time(
    witnessed: AuditService, requests_mock: Mocker
) -> None:
    requests_mock.post(URL, [{"status_code": 500}, {"status_code": 200}])
    write(2)

    with pytest.raises(SinkFailed, match="webhook"):
        witnessed.chain()
    assert witnessed.check().checked == 2
    witnessed.chain()

    assert [json.loads(each.body)["position"] for each in requests_mock.request_history] == [2, 2]


def test_given_a_system_log_then_it_gets_the_line() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as log:
        log.bind(("127.0.0.1", 0))
        log.settimeout(10)
        SyslogSink(f"127.0.0.1:{log.getsockname()[1]}").send('{"counter": 1}')

        received = log.recv(1000)

    assert received.startswith(b'<86>registry-audit: {"counter": 1}'), "authpriv.info"


def test_given_no_system_log_then_that_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SinkFailed):
        SyslogSink(str(tmp_path / "log")).send("{}")


def test_given_a_place_that_fails_then_the_others_get_it(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    places = OutsideHeads([SyslogSink(str(tmp_path / "log")), FileSink(tmp_path / "full")])

    with pytest.raises(SinkFailed, match=r"syslog$"):
        places.hand_over("{}")

    assert (tmp_path / "full" / FILE_NAME).read_text() == "{}\n"
    assert (tmp_path / "full" / FILE_NAME).stat().st_mode & 0o777 == 0o600


class TestCommand:
    def test_given_ends_from_a_file_and_an_option_then_the_chain_is_compared_with_them(
        self, app: Flask, audit: AuditService, tmp_path: Path
    ) -> None:
        write(3)
        audit.chain()
        line = audit.head_line()
        log = tmp_path / "messages"
        log.write_text(f"Nov 30 12:00:00 host registry-audit: {line}\nanother line\n")
        options = (["--head", line], ["--heads", str(log)])
        runner = app.test_cli_runner()

        before = [runner.invoke(args=["audit-verify", *option]).exit_code for option in options]
        tamper("DELETE FROM audit_heads", "DELETE FROM audit_links", "DELETE FROM audit_entries")
        audit.begin(again=True)
        plain = runner.invoke(args=["audit-verify"]).exit_code
        after = [runner.invoke(args=["audit-verify", *option]) for option in options]

        assert (before, plain) == ([0, 0], 0)
        assert [each.exit_code for each in after] == [1, 1]
        assert "went_back" in after[0].output

    def test_given_a_line_that_somebody_else_has_sealed_then_it_is_found(
        self, app: Flask, audit: AuditService
    ) -> None:
        forged = audit.head_line().replace('"seal": "', '"seal": "0')

        result = app.test_cli_runner().invoke(args=["audit-verify", "--head", forged])

        assert (result.exit_code, "forged" in result.output) == (1, True)

    @pytest.mark.parametrize("forge", [{"seal": "é"}, {"position": 10**30}])
    def test_given_a_line_that_no_service_writes_then_it_is_found_too(
        self, app: Flask, audit: AuditService, forge: dict[str, Any]
    ) -> None:
        line = json.dumps({**json.loads(audit.head_line()), **forge})

        result = app.test_cli_runner().invoke(args=["audit-verify", "--head", line])

        assert (result.exit_code, "forged" in result.output) == (1, True)

    @pytest.mark.parametrize(
        "line", ["x", '{"counter": 1e999, "position": 1, "mac": "", "settled_id": 1, "at": null, "seal": ""}']
    )
    def test_given_no_line_then_the_command_says_so(self, app: Flask, line: str) -> None:
        result = app.test_cli_runner().invoke(args=["audit-verify", "--head", line])

        assert (result.exit_code, "from { to }" in result.output) == (2, True)
