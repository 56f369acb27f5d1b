"""The `flask` commands of this service."""

import json
import secrets
from dataclasses import asdict

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from wxcloudrun.accounts.service.keys import KeyService, KeyWish
from wxcloudrun.accounts.service.users import UserService
from wxcloudrun.audit.service.chain import Verdict
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.config import Settings
from wxcloudrun.kit.errors import Conflict
from wxcloudrun.kit.security import EVERY_SCOPE, Actor, CredentialKind
from wxcloudrun.kit.storage.minio import MinioBlobStore
from wxcloudrun.kit.web.endpoint import service
from wxcloudrun.projects.service import DEFAULT_PROJECT, ProjectService
from wxcloudrun.wiring import blob_store

EXIT_FINDINGS = 1
EXIT_ERROR = 2
WELCOME_DAYS = 1
WELCOME_KEY = "make run"


def register_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(init)
    app.cli.add_command(welcome)
    app.cli.add_command(audit_chain)
    app.cli.add_command(audit_verify)


@click.command()
@with_appcontext
def init() -> None:
    """Create the schema, the bucket, the administrator and the default project; harmless if they exist."""
    settings: Settings = current_app.extensions["settings"]
    upgrade()
    store = blob_store(settings)
    if isinstance(store, MinioBlobStore):
        store.make_bucket()
    create_administrator(settings)


def create_administrator(settings: Settings) -> None:
    """Create the first administrator and their default project; a generated password is shown once."""
    given = settings.admin_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(12)
    try:
        created = service(UserService).ensure_administrator(settings.admin_email, password)
    except (ValueError, Conflict) as error:
        raise click.ClickException(f"ADMIN_EMAIL and ADMIN_PASSWORD: {error}") from error
    service(ProjectService).ensure_default(administrator(settings).user_id or 0)
    if created:
        click.echo(f"administrator: {settings.admin_email}")
        if given is None:
            click.echo(f"password:      {password}   (shown this once; change it after the first login)")


def administrator(settings: Settings) -> Actor:
    """Return the administrator as the caller of what a command does on the server itself."""
    try:
        user_id = service(UserService).id_of(settings.admin_email)
    except OperationalError as error:
        raise click.ClickException("the database is not there or has no tables; run `flask init`") from error
    if user_id is None:
        raise click.ClickException("there is no administrator yet; run `flask init`")
    return Actor(user_id, is_admin=True, scopes=EVERY_SCOPE, credential=CredentialKind.NONE)


@click.command()
@with_appcontext
def welcome() -> None:
    """Print three commands that work as they stand, with a key that is valid for a day."""
    settings: Settings = current_app.extensions["settings"]
    if settings.app_env != "development":
        raise click.ClickException("only a development server greets with a key")
    key = (
        service(KeyService)
        .make(administrator(settings), KeyWish(WELCOME_KEY, expires_in_days=WELCOME_DAYS))
        .key
    )
    package = f"hello-{secrets.token_hex(3)}"
    url, auth = f"{settings.base_url}/api/v1/project/{DEFAULT_PROJECT}", f'-H "Authorization: Bearer {key}"'
    upload = f"{url}/{package}/upload/hello.txt"
    click.echo(f"""
The registry is at {settings.base_url}. Try it (the key is good for {WELCOME_DAYS} day):

curl -sS {auth} -H "Content-Type: application/json" -d '{{"name": "{package}"}}' {url}/packages
curl -sS {auth} -X PUT --data-binary "hello, registry" "{upload}?version=1.0.0&tag=stable"
curl -sS {auth} {url}/{package}/+/stable
""")


@click.command("audit-chain")
def audit_chain() -> None:
    """Tie the audit entries that were written since the last time into the chain."""
    click.echo(f"{service(AuditService).chain()} entries chained")


@click.command("audit-verify")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option("--contains", metavar="MAC", help="The end of the chain that was seen at an earlier time.")
@click.pass_context
def audit_verify(context: click.Context, *, as_json: bool, contains: str | None) -> None:
    """Find audit entries that were edited, removed or reordered: 0 clean, 1 findings, 2 error."""
    try:
        verdict = service(AuditService).check(contains=contains)
    except SQLAlchemyError as error:
        click.echo(f"the audit log cannot be read: {type(error).__name__}", err=True)
        context.exit(EXIT_ERROR)
    click.echo(json.dumps({"clean": verdict.is_clean, **asdict(verdict)}) if as_json else in_words(verdict))
    context.exit(0 if verdict.is_clean else EXIT_FINDINGS)


def in_words(verdict: Verdict) -> str:
    """Say what a verification has seen."""
    lines = [
        f"{finding.kind}: position {finding.position}, entry {finding.entry_id}"
        for finding in verdict.findings
    ]
    lines.append(
        f"{verdict.checked} entries checked, {verdict.finding_count} findings, "
        f"{verdict.unchained} not chained yet; the chain ends at {verdict.position} {verdict.mac}"
    )
    return "\n".join(lines)
