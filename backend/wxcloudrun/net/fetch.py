"""Files from hosts that an administrator allows, fetched from the very address that was checked.

A name is resolved once. If every address that it has may be called, the connection goes to one of them,
while TLS and the Host header keep the name: an answer that changes between the check and the call (DNS
rebinding) changes nothing. Redirects are followed by hand, each hop checked like the first.
"""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError, SSLError

from wxcloudrun.kit import clock
from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.kit.texts import text
from wxcloudrun.net.addresses import is_public

HTTPS_PORT = 443
HIGHEST_PORT = 65_535
MAX_REDIRECTS = 5
MAX_ADDRESSES = 4  # of one name that are tried before giving up
CONNECT_SECONDS = 10.0
BLOCK_BYTES = 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PASSING = frozenset({408, 425, 429})  # and everything from 500 on
OK, SERVER_ERRORS = 200, 500
URL_CHARACTERS = re.compile(r"[A-Za-z0-9:/?@!$&'()*+,;=%._~\[\]-]+")
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "wxcloudrun"}


class FetchRefused(Exception):
    """It cannot be had this way, today or tomorrow. The message is a sentence for whoever asked for it."""


class FetchFailed(Exception):
    """It did not work this time; another attempt may. The message never holds the URL's path or query."""


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """A host, with the one port on which it may be called."""

    name: str
    port: int = HTTPS_PORT

    @classmethod
    def parse(cls, text: str) -> "AllowedHost":
        """Read `host` or `host:port`; ValueError if `text` is neither."""
        match = re.fullmatch(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?", text)
        port = int(match["port"] or HTTPS_PORT) if match else 0
        if match is None or not 0 < port <= HIGHEST_PORT:
            message = "name hosts such as files.example.com or files.example.com:8443"
            raise ValueError(message)
        return cls(match["name"].lower().strip("[]"), port)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Whom to call and how long to wait. `ca_file` replaces the list of authorities that are trusted."""

    hosts: frozenset[AllowedHost]
    total_seconds: float
    silence_seconds: float
    allow_private: bool = False
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class FetchedBody:
    """The bytes of a 200, as they come; `announced_bytes` is what the server said there would be."""

    announced_bytes: int | None
    blocks: Iterator[bytes]


def check_url(url: str, hosts: frozenset[AllowedHost]) -> str:
    """Return `url` if it may be tried; WrongValue that says why it is not fetched."""
    if not URL_CHARACTERS.fullmatch(url):
        raise WrongValue(text("must be an absolute URL of ASCII characters, without a fragment"))
    try:
        parts = urlsplit(url)
        port = parts.port or HTTPS_PORT
    except ValueError:
        raise WrongValue(text("must be an absolute URL")) from None
    if parts.scheme != "https" or not parts.hostname:
        raise WrongValue(text("must begin with https://"))
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise WrongValue(text("must not hold a user name or password"))
    if AllowedHost(parts.hostname.lower(), port) not in hosts:
        raise WrongValue(text("its host is not among those that the administrator allows (URL_SOURCE_HOSTS)"))
    return url


class Fetcher:
    """Fetches files within limits. It keeps no connection, no cookie and no credential."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits

    def check(self, url: str) -> str:
        """Return `url` if it may be tried; WrongValue that says why it is not fetched."""
        return check_url(url, self._limits.hosts)

    @contextmanager
    def get(self, url: str) -> Iterator[FetchedBody]:
        """Open what is behind a URL; the connection ends with the block.

        Raises FetchRefused, or FetchFailed for what may pass: a time-out, a broken connection, a server
        that is overloaded. Its blocks raise FetchFailed too; a body that is shorter than announced does.
        """
        deadline = clock.monotonic() + self._limits.total_seconds
        for _ in range(MAX_REDIRECTS + 1):
            with self._answer(url) as response:
                if response.status in REDIRECTS:
                    url = self._next(url, response.headers.get("Location"))
                    continue
                refuse_status(response.status)
                length = response.headers.get("Content-Length", "")
                announced = int(length) if length.isascii() and length.isdigit() else None
                yield FetchedBody(announced, self._blocks(response, deadline))
                return
        raise FetchRefused(f"the server redirects more than {MAX_REDIRECTS} times")

    def _next(self, url: str, location: str | None) -> str:
        """Return where a redirect leads."""
        if location is None:
            raise FetchRefused("the server redirects without saying where to")
        try:
            return self.check(urljoin(url, location))
        except WrongValue as problem:
            sentence = f"the server redirects to a URL that is not fetched: {problem}"
            raise FetchRefused(sentence) from None

    @contextmanager
    def _answer(self, url: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send the request to an address of the host that may be called."""
        try:
            parts = urlsplit(self.check(url))
        except WrongValue as problem:
            raise FetchRefused(f"the URL {problem}") from None
        with self._pool(parts) as pool:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            try:
                response = pool.urlopen(
                    "GET",
                    target,
                    headers={**HEADERS, "Host": parts.netloc},
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    decode_content=False,
                )
            except SSLError as error:
                raise FetchRefused("the server's certificate is not valid for its name") from error
            except HTTPError as error:
                raise FetchFailed(f"the server did not answer ({type(error).__name__})") from error
            try:
                yield response
            finally:
                response.close()

    @contextmanager
    def _pool(self, parts: SplitResult) -> Iterator[urllib3.HTTPSConnectionPool]:
        """Open a pool of one connection to the first address of the host that answers."""
        host, port = parts.hostname or "", parts.port or HTTPS_PORT
        pool = urllib3.HTTPSConnectionPool(
            self._reachable(self._addresses(host, port), port),
            port,
            maxsize=1,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=self._limits.silence_seconds),
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(self._limits.ca_file or certifi.where()),
            server_hostname=host,
            assert_hostname=host,
        )
        try:
            yield pool
        finally:
            pool.close()

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        """Resolve a name, once. Raises FetchRefused if any of its addresses may not be called."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise FetchFailed(f"the name {host} cannot be resolved") from error
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self._limits.allow_private and not all(is_public(each) for each in addresses):
            raise FetchRefused(f"{host} has an address that is not public, and such are not called")
        return addresses[:MAX_ADDRESSES]

    def _reachable(self, addresses: Sequence[str], port: int) -> str:
        """Return the first address that takes a connection; a single one is not asked twice."""
        if len(addresses) == 1:
            return addresses[0]
        for address in addresses:
            try:
                socket.create_connection((address, port), timeout=CONNECT_SECONDS).close()
            except OSError:
                continue
            return address
        raise FetchFailed("the server cannot be reached")

    def _blocks(self, response: urllib3.BaseHTTPResponse, deadline: float) -> Iterator[bytes]:
        """Pass on what has come, however little it is, until the deadline."""
        try:
            while block := response.read1(BLOCK_BYTES):
                yield block
                if clock.monotonic() > deadline:
                    seconds = self._limits.total_seconds
                    raise FetchFailed(f"the file did not arrive within {seconds:g} seconds")
        except (HTTPError, OSError) as error:
            raise FetchFailed(f"the transfer broke off ({type(error).__name__})") from error


def refuse_status(status: int) -> None:
    """Raise unless this is the file."""
    if status in PASSING or status >= SERVER_ERRORS:
        raise FetchFailed(f"the server answered {status}")
    if status != OK:
        raise FetchRefused(f"the server answered {status}")
