"""The service over HTTP: requests, envelopes, pages, and every way in which they can fail."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from pkgctl.addresses import path
from pkgctl.credentials import Bearer, Credentials
from pkgctl.errors import ExitCode, NotARegistry, Refused, Unreachable
from pkgctl.languages import accepted_languages
from pkgctl.profiles import Login

CONNECT_SECONDS, READ_SECONDS = 10, 120
BLOCK_BYTES = 256 * 1024  # what goes to the socket at once; the default of 16 KiB costs half the speed
LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
PAGE_ITEMS = 200  # the most that the service gives at once

Body = Callable[[], Any]  # makes what is sent anew for each attempt


class ServiceAnswer(dict[str, Any]):
    """A JSON object of the service; one that lacks what every registry says comes from something else."""

    def __missing__(self, name: str) -> Any:
        """Blame the service."""
        raise NotARegistry(
            f"the answer of the service lacks `{name}`; is this the URL of a registry?", HTTPStatus.OK
        )


class BlockAdapter(HTTPAdapter):
    """Sends bodies in large blocks."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Set the size of the blocks."""
        super().init_poolmanager(*args, **options, blocksize=BLOCK_BYTES)


class Api:
    """One service, as one caller. Threads may share it: each gets connections of its own."""

    def __init__(
        self,
        server: str,
        credentials: Credentials,
        *,
        version: str,
        on_warning: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.server = server
        self.credentials = credentials
        self._on_warning = on_warning
        self._said: set[str] = set()
        self._agent = f"pkgctl/{version}"
        self._threads = threading.local()

    def get(self, where: str, **params: Any) -> Any:
        """Return the data of a GET; parameters that are None are left out."""
        return self.call("GET", where, params=params)

    def post(self, where: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the data of a POST."""
        return self.call("POST", where, body=body)

    def call(
        self,
        method: str,
        where: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Return the `data` of an answer, None where there is no body. Raises CommandFailed."""
        response = self.send(method, where, json=body, params=params, headers=headers)
        with response:
            data = self.data_of(response)
        self.pass_on_warnings(response)
        return data

    def pass_on_warnings(self, response: requests.Response) -> None:
        """Tell the person what the service warns of beside a success."""
        for sentence in warnings_of(response):
            # Every file of a yanked version says the same; once is enough for one command.
            if sentence not in self._said:
                self._said.add(sentence)
                self._on_warning(sentence)

    def items(self, where: str, limit: int | None = None, **params: Any) -> tuple[list[Any], bool]:
        """Return the entries of a list, at most `limit`, and whether there are more."""
        wanted = None if limit is None else limit + 1
        found = list(islice(self._pages(where, wanted, params), wanted))
        return found[:limit], limit is not None and len(found) > limit

    def _pages(self, where: str, wanted: int | None, params: Mapping[str, Any]) -> Iterator[Any]:
        cursor = None
        size = PAGE_ITEMS if wanted is None else min(wanted, PAGE_ITEMS)
        while True:
            data = self.get(where, **params, limit=size, cursor=cursor)
            if not isinstance(data["items"], list) or not all(
                isinstance(each, dict) for each in data["items"]
            ):
                raise NotARegistry(f"{self.server} answered no list", HTTPStatus.OK)
            yield from data["items"]
            cursor = data.get("next_cursor")
            if cursor is None or not data["items"]:
                return

    def send(self, method: str, where: str, *, body: Body | None = None, **options: Any) -> requests.Response:
        """Return an answer whose body has not been read; a login that is over is renewed once.

        Raises Unreachable, and what renewing raises.
        """
        token = self.credentials.token()
        response = self._attempt(method, where, token, body, options)
        refused = response.status_code == HTTPStatus.UNAUTHORIZED and token is not None
        if refused and self.credentials.renew(token or "", self._exchange):
            response.close()
            response = self._attempt(method, where, self.credentials.token(), body, options)
        return response

    def data_of(self, response: requests.Response) -> Any:
        """Read an answer. Raises Refused for an error, NotARegistry for what is no answer of a registry."""
        status = response.status_code
        if status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            return None
        envelope = self._envelope(response)
        if status < HTTPStatus.BAD_REQUEST and envelope.get("code") == 1:
            if not isinstance(envelope.get("data"), dict):
                raise NotARegistry(f"{self.server} answered without data", status)
            return envelope["data"]
        facts = envelope.get("data")
        facts = dict(facts) if isinstance(facts, dict) else {}
        if (pause := response.headers.get("Retry-After", "")).isdecimal():
            facts["retry_after_seconds"] = int(pause)
        raise Refused(self._explained(status, str(envelope["msg"])), status, facts)

    def _envelope(self, response: requests.Response) -> dict[str, Any]:
        status = response.status_code
        if response.is_redirect:
            raise NotARegistry(
                f"{self.server} redirects to {response.headers.get('Location')}; name that URL instead",
                status,
            )
        try:
            envelope = json.loads(self._bounded(response), object_hook=ServiceAnswer)
        except ValueError:
            envelope = None
        if not isinstance(envelope, dict) or not isinstance(envelope.get("msg"), str):
            kind = response.headers.get("Content-Type", "no type")
            raise NotARegistry(
                f"{self.server} answered what no registry answers (HTTP {status}, {kind}); is this its URL?",
                status,
            )
        return envelope

    def _bounded(self, response: requests.Response) -> bytes:
        """Read an answer that is to be understood, not stored."""
        found = bytearray()
        for block in self.blocks(response):
            found += block
            if len(found) > LARGEST_ANSWER_BYTES:
                raise NotARegistry(f"{self.server} answers without end", response.status_code)
        return bytes(found)

    def blocks(self, response: requests.Response) -> Iterator[bytes]:
        """Yield the body of an answer. Raises Unreachable if the connection breaks."""
        try:
            yield from response.iter_content(BLOCK_BYTES)
        except requests.RequestException as error:
            raise Unreachable(f"the connection to {self.server} broke: {cause_of(error)}") from error

    def _explained(self, status: int, message: str) -> str:
        if status != HTTPStatus.UNAUTHORIZED:
            return message
        return self.credentials.explained(message, self.server)

    def _exchange(self, refresh_token: str) -> Login:
        """Return new tokens for a refresh token. Raises CommandFailed."""
        options = {"json": {"refresh_token": refresh_token}}
        with self._attempt("POST", path("auth", "refresh"), None, None, options) as response:
            try:
                return login_of(self.data_of(response))
            except Refused as refusal:
                if refusal.exit_code is not ExitCode.AUTHENTICATION:
                    raise
                over = f"the login to {self.server} is over: run `pkgctl login`"
                raise Refused(over, response.status_code, refusal.facts) from refusal

    def _attempt(
        self, method: str, where: str, token: str | None, body: Body | None, options: Mapping[str, Any]
    ) -> requests.Response:
        try:
            return self._session().request(
                method,
                self.server + where,
                auth=Bearer(token),
                data=None if body is None else body(),
                stream=True,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                **options,
            )
        except requests.Timeout as error:
            raise Unreachable(f"{self.server} did not answer in time") from error
        except requests.RequestException as error:
            raise Unreachable(f"cannot reach {self.server}: {cause_of(error)}") from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = requests.Session()
            session.mount("http://", BlockAdapter())
            session.mount("https://", BlockAdapter())
            session.headers["User-Agent"] = self._agent
            # A digest is that of the bytes as they are stored, not of a compressed form.
            session.headers["Accept-Encoding"] = "identity"
            if languages := accepted_languages():
                session.headers["Accept-Language"] = languages
            self._threads.session = session
        return session


def login_of(data: Any) -> Login:
    """Read the answer to a login or a refresh. Raises NotARegistry."""
    try:
        return Login(str(data["user"]["email"]), str(data["access_token"]), str(data["refresh_token"]))
    except TypeError as error:
        message = "the service answered a login without tokens"
        raise NotARegistry(message, HTTPStatus.OK) from error


def cause_of(error: BaseException) -> str:
    """Find the sentence that a person understands in a chain of exceptions of HTTP libraries."""
    seen: list[BaseException] = []
    pending: list[Any] = [error]
    while pending:
        each = pending.pop(0)
        if not isinstance(each, BaseException) or each in seen:
            continue
        seen.append(each)
        pending += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]
    for each in seen:
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({each.verify_message})"
    # RequestException is an OSError too, but one without a number.
    told = [each.strerror for each in seen if isinstance(each, OSError) and each.strerror]
    return told[-1] if told else type(error).__name__


def warnings_of(response: requests.Response) -> list[str]:
    """Return what a service warns of beside a success; a header that nobody can read says nothing."""
    try:
        found = json.loads(response.headers.get("X-Registry-Warnings", "[]"))
    except ValueError:
        return []
    return [str(each["msg"]) for each in found if isinstance(each, dict) and "msg" in each]
