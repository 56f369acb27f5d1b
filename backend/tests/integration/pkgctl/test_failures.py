"""Everything that can be wrong with a service or a person: one sentence, the right exit code, no trace."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.command_line import CommandLine
from tests.support.live import free_port

GARBAGE: dict[str, tuple[int, str, bytes]] = {
    "/html": (200, "text/html", b"<html>a start page</html>"),
    "/cut": (200, "application/json", b'{"code": 1, "data": {'),
    "/list": (200, "application/json", b"[]"),
    "/no-envelope": (200, "application/json", b'{"items": []}'),
    "/500": (500, "text/plain", b"Traceback (most recent call last): \x1b[31m"),
    "/502": (502, "text/html", b"<html>bad gateway</html>"),
    "/nothing": (200, "application/json", b""),
    "/binary": (404, "application/octet-stream", bytes(range(256))),
    "/data-is-null": (200, "application/json", b'{"code": 1, "data": null, "msg": "success"}'),
}


class Babbler(http.server.BaseHTTPRequestHandler):
    """Answers nonsense, or points elsewhere."""

    def answer(self) -> None:
        """Answer whatever the first part of the path stands for."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        place = "/" + self.path.split("/")[1]
        if place == "/moved":
            self.send_response(301)
            self.send_header("Location", "https://registry.example.com/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status, kind, body = GARBAGE[place]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815  # the names that http.server calls

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def babbler() -> Iterator[str]:
    """A server that is no registry."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Babbler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


COMMANDS = [
    ["whoami"],
    ["projects"],
    ["login", "--email", "a@example.com", "--password-stdin"],
    ["upload", "tools/box", "a.bin", "--retries", "0"],
    ["download", "tools/box@stable", "--retries", "0"],
    ["status", "1"],
    ["status", "1", "--wait", "--timeout", "0.1"],
    ["gc", "--timeout", "0.1"],
]


@pytest.mark.parametrize("place", sorted(GARBAGE))
def test_given_garbage_for_an_answer_then_6_and_a_sentence(
    person: CommandLine, babbler: str, place: str
) -> None:
    (person.home / "a.bin").write_text("a")
    somebody = person.with_variables(PKGCTL_TOKEN="wxr_something", PKGCTL_URL=babbler + place)

    for command in COMMANDS:
        ended = somebody(*command, stdin="a password")

        assert ended.code == 6, (command, ended)
        assert len(ended.err.splitlines()) <= 3, ended
        assert "\x1b" not in ended.err
    assert list(person.home.glob("*.part")) == []


def test_given_a_redirect_then_the_token_stays_here_and_the_right_url_is_named(
    person: CommandLine, babbler: str
) -> None:
    ended = person.with_variables(PKGCTL_URL=babbler + "/moved", PKGCTL_TOKEN="wxr_something")("whoami")

    assert ended.code == 6
    assert "redirects to https://registry.example.com/; name that URL instead" in ended.err


def test_given_no_server_then_6_and_a_sentence(person: CommandLine) -> None:
    (person.home / "a.bin").write_text("a")
    nobody = person.with_variables(PKGCTL_URL=f"http://127.0.0.1:{free_port()}")

    for command in COMMANDS:
        ended = nobody(*command, stdin="a password")

        assert ended.code == 6, ended
        assert "Connection refused" in ended.err
    assert nobody.process("whoami").code == 6


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["projects", "show", "nothing-of-that-name"], 3),
        (["status", "999999"], 3),
        (["projects", "create", "Not A Name"], 1),
        (["projects", "create", "default"], 5),
        (["create", "box", "not-semver"], 1),
        (["no-such-command"], 2),
        (["upload"], 2),
        (["download", "no-slash"], 2),
        (["download", "a/b@"], 2),
        (["projects", "show", ".."], 2),
        (["tags", "set", "default/box", "t", "1.0.0", "--expect", "a b"], 2),
        (["create", "box", "1.0.0", "--url", "https://example.com/a"], 2),
        (["whoami", "--server", "ftp://example.com"], 2),
        (["login", "http://me:secret@example.com"], 2),
    ],
)
def test_exit_codes(pkgctl: CommandLine, command: list[str], code: int) -> None:
    assert pkgctl(*command).code == code


def test_given_nobody_or_a_wrong_token_then_4_and_what_to_do(person: CommandLine) -> None:
    stranger = person("whoami", "--json")
    wrong = person("whoami", "--token", "wxr_wrong", "--json")

    assert (stranger.code, wrong.code) == (4, 4)
    assert "run `pkgctl login`, or set PKGCTL_TOKEN" in stranger.err
    assert wrong.document["error"]["reason"] == "unauthorized"


def test_given_no_right_to_do_it_then_4(pkgctl: CommandLine) -> None:
    ended = pkgctl("users", "--json")  # the key of the tests reads and writes, it does not administer

    assert (ended.code, ended.document["error"]["status"]) == (4, 403)


@pytest.mark.parametrize(
    ("locale", "message"),
    [("zh_CN.UTF-8", "找不到发布 999999999，或你无权查看"), ("C.UTF-8", "release 999999999 does not exist")],
)
def test_given_a_locale_then_the_service_answers_in_its_language(
    pkgctl: CommandLine, locale: str, message: str
) -> None:
    ended = pkgctl.with_variables(LANG=locale)("status", "999999999", "--json")

    assert ended.code == 3
    assert ended.document["error"]["reason"] == "not_found"
    assert ended.document["error"]["message"].startswith(message)


def test_given_an_unencrypted_way_over_the_network_then_a_person_is_warned(pkgctl: CommandLine) -> None:
    ended = pkgctl("whoami", "--server", "http://registry.invalid")

    assert ended.code == 6
    assert ended.err.startswith("warning: http://registry.invalid is not encrypted")


def test_given_debug_then_and_only_then_a_developer_sees_the_trace(pkgctl: CommandLine) -> None:
    with pytest.raises(AssertionError, match="Traceback"):
        pkgctl("status", "999999", "--debug")
