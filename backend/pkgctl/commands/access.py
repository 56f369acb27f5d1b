"""Who is asking: log in, log out, see who you are."""

import sys
from typing import Any

import click

from pkgctl.addresses import canonical_server, path
from pkgctl.api import Api, login_of
from pkgctl.errors import CommandFailed, ExitCode
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import RegistryCommand


def asked_password(*, from_stdin: bool) -> str:
    """Return a password from a person or from the standard input; it is never an argument.

    Raises UsageError if there is nobody to ask.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask for a password; use --password-stdin")
    return str(click.prompt("Password", hide_input=True, err=True))


def logged_in(service: Api, email: str, password: str, *, from_stdin: bool) -> Any:
    """Return the tokens of a new login; who has a second factor is asked for its code.

    From the standard input it is the second line. A code of digits is one of the program, others are for its
    loss.
    """
    body = {"email": email, "password": password}
    try:
        return service.post(path("auth", "login"), body)
    except CommandFailed as refusal:
        if refusal.reason != "second_factor_needed":
            raise
        code = asked_code(from_stdin=from_stdin)
        if not code:
            raise
    kind = "totp" if code.replace(" ", "").isdigit() else "recovery_code"
    return service.post(path("auth", "login"), {**body, kind: code})


def asked_code(*, from_stdin: bool) -> str:
    """Return a code of the second factor, empty if there is nobody to ask."""
    if from_stdin:
        return sys.stdin.readline().strip()
    return str(click.prompt("Code of the second factor", err=True)).strip() if sys.stdin.isatty() else ""


@click.command(cls=RegistryCommand)
@click.argument("url", required=False)
@click.option("--email", "-e", help="The e-mail address; asked for if it is missing.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input.")
@pass_invocation
def login(invocation: Invocation, url: str | None, email: str | None, *, password_stdin: bool) -> None:
    """Log in, and use this service from now on.

    What is stored are the tokens of the login, which renew themselves; never the password.
    """
    if url is not None:
        try:
            invocation.given_server = canonical_server(url)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="URL") from error
    if email is None:
        if password_stdin or not sys.stdin.isatty():
            raise click.UsageError("name the account: --email")
        email = click.prompt("E-mail address", err=True)
    service = invocation.stranger
    password = asked_password(from_stdin=password_stdin)
    with invocation.profiles.place(invocation.server) as keep:
        data = logged_in(service, email, password, from_stdin=password_stdin)
        keep(login_of(data))
    user = data["user"]
    if invocation.given_token is not None:
        invocation.screen.warn("PKGCTL_TOKEN or --token is set and beats this login")
    invocation.screen.done(
        {"server": invocation.server, "user": user},
        f"Logged in to {invocation.server} as {user['username']} <{user['email']}>",
    )


@click.command(cls=RegistryCommand)
@pass_invocation
def logout(invocation: Invocation) -> None:
    """End the login, here and at the service; exit code 6 if the service could not be told."""
    server = invocation.server
    if invocation.profiles.login(server) is None:
        invocation.screen.done({"server": server, "ended": False}, f"There is no login to {server}")
        return
    invocation.given_token = None  # it is the login that ends, not the key that the environment may hold
    untold: CommandFailed | None = None
    try:
        invocation.api.post(path("auth", "logout"))
    except CommandFailed as failure:
        if failure.exit_code is not ExitCode.AUTHENTICATION:  # a login that is over is what was asked for
            untold = failure
    invocation.profiles.forget(server)
    if untold is not None:
        raise CommandFailed(
            f"the login is forgotten here, but {server} was not told, where it ends by itself"
            f" when nobody uses it: {untold.message}",
            untold.exit_code,
            reason=untold.reason,
            status=untold.status,
            facts=untold.facts,
        )
    invocation.screen.done({"server": server, "ended": True}, f"Logged out of {server}")


@click.command(cls=RegistryCommand)
@pass_invocation
def whoami(invocation: Invocation) -> None:
    """Show who you are for the service."""
    user = invocation.api.get(path("auth", "me"))
    kind = "administrator" if user["is_admin"] else "user"
    if user.get("kind") == "service":
        kind = "service account"
    invocation.screen.done(
        {"server": invocation.server, "user": user},
        f"{user['username']} <{user['email'] or 'no e-mail address'}>, {kind} at {invocation.server}",
    )
