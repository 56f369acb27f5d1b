"""One run of the program: the service that is meant, who asks, and how it shall print."""

import sys
from dataclasses import dataclass, field
from functools import cached_property

import click

from pkgctl import VERSION
from pkgctl.addresses import DEFAULT_SERVER, canonical_server, travels_in_the_clear
from pkgctl.api import Api
from pkgctl.credentials import Credentials, GivenToken, NoCredentials, StoredLogin
from pkgctl.profiles import ProfileFile
from pkgctl.screen import Screen


@dataclass
class Invocation:
    """What the common options have said; they beat the environment, which beats the file."""

    given_server: str | None = None
    given_token: str | None = None
    as_json: bool = False
    quiet: bool = False
    debug: bool = False
    profiles: ProfileFile = field(default_factory=ProfileFile)

    @property
    def is_attended(self) -> bool:
        """True if somebody sits there who can be asked something."""
        return sys.stdin.isatty() and not self.as_json

    @property
    def screen(self) -> Screen:
        """Return where to print."""
        return Screen(as_json=self.as_json, quiet=self.quiet)

    @cached_property
    def server(self) -> str:
        """Return the base URL of the service. Raises BadParameter."""
        named = self.given_server or self.profiles.default_server() or DEFAULT_SERVER
        try:
            return canonical_server(named)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--server") from error

    @cached_property
    def api(self) -> Api:
        """Return the service, as whoever is logged in or whose token was given."""
        credentials = self._credentials()
        if credentials.token() is not None:
            self.warn_of_eavesdroppers()
        return Api(self.server, credentials, version=VERSION, on_warning=self.screen.warn)

    @cached_property
    def stranger(self) -> Api:
        """Return the service as nobody, to log in."""
        self.warn_of_eavesdroppers()
        return Api(self.server, NoCredentials(), version=VERSION)

    def warn_of_eavesdroppers(self) -> None:
        """Say it if secrets are going to travel unencrypted."""
        if travels_in_the_clear(self.server):
            self.screen.warn(
                f"{self.server} is not encrypted: passwords, tokens and bytes can be read on the way"
            )

    def _credentials(self) -> Credentials:
        if self.given_token:
            return GivenToken(self.given_token)
        login = self.profiles.login(self.server)
        if login is None:
            return GivenToken(None)
        return StoredLogin(self.profiles, self.server, login, warn=self.screen.warn)


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
