"""Releases fetched over https from a real server: what is accepted, and all that is refused."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.apps import MakeApp
from tests.support.builders import content, sha256
from tests.support.client import Answer
from tests.support.inside import Inside
from tests.support.tls_files import FileServer, body, chunked, file_server, redirect, slowly
from wxcloudrun.net.fetch import AllowedHost, Fetcher, FetchFailed, FetchLimits, FetchRefused

RELEASES = "/api/v1/packages"
FILE = content(300_000, seed=7)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileServer]:
    """The server."""
    with file_server(tmp_path) as running:
        yield running


class Fetching(Inside):
    """A service that may fetch from the server, and the way from a request to the bytes."""

    def __init__(self, make_app: MakeApp, settings: dict[str, str]) -> None:
        super().__init__(make_app(**settings))
        self.writer = self.as_person("writer")
        self.writer.post("/api/v1/projects", {"name": "tools"}).ok()

    def create(self, url: str, digest: str = sha256(FILE)) -> Answer:
        """Ask for a release from a URL."""
        source = {"type": "url", "url": url, "sha256": digest}
        return self.writer.post(
            RELEASES, {"name": "tool", "version": "1.0.0", "project": "tools", "source": source}
        )

    def fetched(self, url: str, digest: str = sha256(FILE)) -> dict[str, Any]:
        """Make a release, do its job once, and return what became of it."""
        made = self.create(url, digest).ok().data
        self.work()
        return self.writer.get(f"{RELEASES}/{made['id']}").ok().data

    def log(self, release: dict[str, Any]) -> str:
        """Return what the attempt has said."""
        return str(self.writer.get(f"{RELEASES}/{release['id']}/log").ok().data["log"])

    def is_empty(self) -> bool:
        """Tell whether the store holds nothing, finished or not."""
        return not self.keys()


@pytest.fixture
def make_registry(make_app: MakeApp, files: FileServer) -> Callable[..., Fetching]:
    """Make services with settings of their own."""
    return lambda **changes: Fetching(make_app, files.settings(**changes))


@pytest.fixture
def registry(make_registry: Callable[..., Fetching]) -> Fetching:
    """A service that may fetch from the server."""
    return make_registry()


class TestSuccess:
    @pytest.mark.parametrize("how", [body(FILE), chunked(iter((FILE[:1000], FILE[1000:])))])
    def test_given_the_file_then_it_is_the_release(
        self, registry: Fetching, files: FileServer, how: Any
    ) -> None:
        release = registry.fetched(files.gives("/dist/tool-1.0.0.tar.gz", how))

        assert (release["status"], release["artifact_id"]) == ("downloaded", sha256(FILE))
        answer = registry.writer.get("/api/v1/project/tools/tool/+/version:1.0.0").ok()
        assert answer.body == FILE
        assert 'filename="tool-1.0.0.tar.gz"' in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Type"] == "application/gzip"
        assert "received 300000 bytes" in registry.log(release)

    def test_given_a_request_then_it_carries_the_name_and_nothing_of_ours(
        self, registry: Fetching, files: FileServer
    ) -> None:
        registry.fetched(files.gives("/a.bin", body(FILE)) + "?x=1&y=%20")

        path, headers = files.seen[0]
        assert path == "/a.bin?x=1&y=%20"
        assert headers.pop("Host") == files.host
        assert set(headers) == {"Accept", "Accept-Encoding", "User-Agent"}
        assert headers["Accept-Encoding"] == "identity", "the digest is that of the file as it lies there"

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_given_redirects_on_the_list_then_they_are_followed(
        self, registry: Fetching, files: FileServer, status: int
    ) -> None:
        files.gives("/b/final.bin", body(FILE))
        files.gives("/b/second", redirect("final.bin", status=status))

        release = registry.fetched(files.gives("/first", redirect(files.url("/b/second"), status=status)))

        assert release["artifact_id"] == sha256(FILE)


class TestRefusal:
    @pytest.mark.parametrize(
        ("how", "sentence"),
        [
            (body(b"other bytes"), hashlib.sha256(b"other bytes").hexdigest()),
            (body(b""), "SHA-256"),
            (body(b"", status=404), "the server answered 404"),
            (body(FILE, status=403), "the server answered 403"),
            (body(FILE, status=206), "the server answered 206"),
            (redirect("https://elsewhere.example/a"), "redirects to a URL that is not fetched: its host"),
            (redirect("http://localhost/a"), "must begin with https://"),
            (redirect("https://user:secret@localhost/a"), "must not hold a user name or password"),
            (redirect("https://127.0.0.1/a"), "its host is not among those"),
            (redirect("file:///etc/passwd"), "must begin with https://"),
            (redirect("/loop"), "redirects more than 5 times"),
            (lambda exchange: exchange.head(302, Content_Length="0"), "without saying where to"),
        ],
    )
    def test_given_anything_but_the_file_then_the_release_fails_at_once_and_says_why(
        self, registry: Fetching, files: FileServer, how: Any, sentence: str
    ) -> None:
        release = registry.fetched(files.gives("/loop", how))

        assert release["status"] == "failed"
        assert sentence in release["error"]
        assert release["error"] in registry.log(release)
        assert registry.is_empty()

    @pytest.mark.parametrize("how", [body(FILE), chunked(iter(lambda: b"x" * 10_000, b""))])
    def test_given_a_file_that_is_too_large_then_it_is_not_read_to_its_end(
        self, make_registry: Callable[..., Fetching], files: FileServer, how: Any
    ) -> None:
        registry = make_registry(MAX_UPLOAD_BYTES="100000")

        release = registry.fetched(files.gives("/a", how))

        assert release["status"] == "failed"
        assert "100000 bytes" in release["error"]
        assert registry.is_empty()

    @pytest.mark.parametrize(
        "url",
        [
            "http://{host}/a", "https://user:secret@{host}/a", "https://user@{host}/a", "https://localhost/a",
            "https://127.0.0.1:{port}/a", "https://LOCALHOST.:{port}/a", "https://{host}/a#part", "ftp://{host}/a",
        ],
    )  # fmt: skip
    def test_given_a_url_that_is_not_allowed_then_there_is_not_even_a_release(
        self, registry: Fetching, files: FileServer, url: str
    ) -> None:
        answer = registry.create(url.format(host=files.host, port=files.port))

        assert (answer.status, answer.data["errors"][0]["field"]) == (422, "source.url")
        assert files.seen == []

    def test_given_a_host_that_was_allowed_when_it_was_asked_for_then_it_is_asked_again_at_the_fetch(
        self, files: FileServer
    ) -> None:
        fetcher = Fetcher(FetchLimits(frozenset(), 10, 10, allow_private=True, ca_file=files.ca_file))

        with pytest.raises(FetchRefused), fetcher.get(files.url("/a")):
            pass
        assert files.seen == []

    def test_given_a_private_address_then_it_is_not_called(
        self, make_app: MakeApp, files: FileServer
    ) -> None:
        settings = files.settings()
        del settings["URL_SOURCE_ALLOW_PRIVATE"]
        registry = Fetching(make_app, settings)

        release = registry.fetched(files.gives("/a", body(FILE)))

        assert release["status"] == "failed"
        assert "not public" in release["error"]
        assert files.seen == []

    def test_given_a_certificate_of_another_name_then_it_is_refused(
        self, make_app: MakeApp, tmp_path: Path
    ) -> None:
        (tmp_path / "other").mkdir()
        with file_server(tmp_path / "other", name="other.example") as files:
            release = Fetching(make_app, files.settings()).fetched(files.gives("/a", body(FILE)))

        assert (release["status"], release["error"]) == (
            "failed", "the server's certificate is not valid for its name",
        )  # fmt: skip

    def test_given_an_authority_that_nobody_knows_then_it_is_refused(
        self, make_app: MakeApp, files: FileServer
    ) -> None:
        settings = files.settings()
        del settings["URL_SOURCE_CA_FILE"]

        release = Fetching(make_app, settings).fetched(files.gives("/a", body(FILE)))

        assert "certificate" in release["error"]


class TestWhatMayPass:
    """A cause that may be gone at the next attempt leaves the release waiting for that."""

    @pytest.mark.parametrize(
        ("how", "sentence"),
        [
            (body(b"", status=503), "the server answered 503"),
            (body(b"", status=429), "the server answered 429"),
            (body(FILE[:1000], announced=len(FILE)), "the transfer broke off"),
            (slowly(3, pieces=2), "the transfer broke off"),
            (slowly(0.3, pieces=100), "the file did not arrive within 2 seconds"),
        ],
    )
    def test_given_a_server_in_trouble_then_the_release_waits_and_no_bytes_remain(
        self, make_registry: Callable[..., Fetching], files: FileServer, how: Any, sentence: str
    ) -> None:
        registry = make_registry(URL_SOURCE_SILENCE_SECONDS="1", URL_SOURCE_TIMEOUT_SECONDS="2")

        release = registry.fetched(files.gives("/a", how))

        assert (release["status"], release["error"]) == ("created", None)
        assert sentence in registry.log(release)
        assert registry.is_empty()

    def test_given_nobody_who_listens_then_it_may_pass(self, tmp_path: Path) -> None:
        with file_server(tmp_path) as files:
            gone = files
        fetcher = Fetcher(
            FetchLimits(
                frozenset({AllowedHost.parse(gone.host)}), 10, 10, allow_private=True, ca_file=gone.ca_file
            )
        )

        with pytest.raises(FetchFailed), fetcher.get(gone.url("/a")):
            pass


class TestRebinding:
    """A name whose addresses change between the check and the call."""

    def test_given_a_name_that_is_public_first_and_private_then_only_the_checked_address_is_called(
        self, files: FileServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files.gives("/a", body(FILE))
        asked: list[str] = []
        called: list[tuple[str, int]] = []

        def resolve(name: str, port: int, **_: object) -> list[Any]:
            asked.append(name)
            address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
            called.append(address)
            raise OSError

        monkeypatch.setattr("wxcloudrun.net.fetch.socket.getaddrinfo", resolve)
        monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
        fetcher = Fetcher(FetchLimits(frozenset({AllowedHost.parse(files.host)}), 10, 10))

        with pytest.raises(FetchFailed), fetcher.get(files.url("/a")):
            pass

        assert asked == ["localhost"], "the name was resolved once"
        assert called == [("93.184.216.34", files.port)]

    def test_given_one_private_address_among_public_ones_then_none_is_called(
        self, files: FileServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def resolve(_: str, port: int, **__: object) -> list[Any]:
            addresses = ("93.184.216.34", "10.0.0.1")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

        monkeypatch.setattr("wxcloudrun.net.fetch.socket.getaddrinfo", resolve)
        fetcher = Fetcher(FetchLimits(frozenset({AllowedHost.parse(files.host)}), 10, 10))

        with pytest.raises(FetchRefused, match="not public"), fetcher.get(files.url("/a")):
            pass
