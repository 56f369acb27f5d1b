"""What says who is asking: nothing, a token that was given, or a login that renews itself."""

import threading
from collections.abc import Callable
from typing import Protocol

from requests import PreparedRequest
from requests.auth import AuthBase

from pkgctl.errors import LocalProblem
from pkgctl.profiles import Login, ProfileFile


class Credentials(Protocol):
    """Who is asking."""

    def token(self) -> str | None:
        """Return the token to send; None for a stranger."""

    def renew(self, refused: str, exchange: Callable[[str], Login]) -> bool:
        """Replace a token that was refused; False if that is not possible.

        `exchange` gives new tokens for a refresh token, and may raise CommandFailed.
        """

    def explained(self, refusal: str, server: str) -> str:
        """Return what to tell of a refusal of who is asking, and what to do about it."""


class NoCredentials:
    """Nothing, for a request that is how one logs in: a refusal of it is about what it says."""

    def token(self) -> str | None:
        """Return None."""
        return None

    def renew(self, refused: str, exchange: Callable[[str], Login]) -> bool:
        """Nothing was refused."""
        del refused, exchange
        return False

    def explained(self, refusal: str, server: str) -> str:
        """Return the refusal as it is."""
        del server
        return refusal


class GivenToken:
    """An API key or a token from the command line or the environment; without one, a stranger."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def token(self) -> str | None:
        """Return what was given."""
        return self._token

    def renew(self, refused: str, exchange: Callable[[str], Login]) -> bool:
        """Nothing is known that could replace it."""
        del refused, exchange
        return False

    def explained(self, refusal: str, server: str) -> str:
        """Name what is missing, or what was refused."""
        if self._token is None:
            return f"not logged in to {server}: run `pkgctl login`, or set PKGCTL_TOKEN"
        return again(refusal)


class StoredLogin:
    """The tokens of `pkgctl login`; several threads and several commands may use them at once."""

    def __init__(
        self, profiles: ProfileFile, server: str, login: Login, *, warn: Callable[[str], None]
    ) -> None:
        self._profiles = profiles
        self._server = server
        self._login = self._in_file = login
        self._warn = warn
        self._lock = threading.Lock()

    def token(self) -> str | None:
        """Return the access token."""
        return self._login.access_token

    def renew(self, refused: str, exchange: Callable[[str], Login]) -> bool:
        """Exchange the refresh token, unless another thread or another command has done so already."""
        with self._lock:
            if self._login.access_token != refused:
                return True
            stored = self._profiles.login(self._server)
            if stored is None:
                return False
            if stored != self._in_file:
                self._login = self._in_file = stored
            else:
                self._exchange(exchange)
            return True

    def explained(self, refusal: str, server: str) -> str:
        """Name what was refused."""
        del server
        return again(refusal)

    def _exchange(self, exchange: Callable[[str], Login]) -> None:
        with self._profiles.place_for_renewal(self._server) as keep:
            self._login = exchange(self._login.refresh_token)
            try:
                keep(self._login)
            except LocalProblem as problem:
                # The tokens are here, so this command can do its work; the next one cannot.
                self._warn(f"the renewed login to {self._server} is lost after this: {problem.message}")
            else:
                self._in_file = self._login


def again(refusal: str) -> str:
    """Advise somebody whose token was refused."""
    return f"{refusal} (run `pkgctl login` again, or set another PKGCTL_TOKEN)"


class Bearer(AuthBase):
    """Puts a token into a request.

    Standing as `auth`, it also keeps `requests` from looking for another credential in ~/.netrc.
    """

    def __init__(self, token: str | None) -> None:
        self.token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the header."""
        if self.token is not None:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request
