"""The `flask` commands of this service."""

import secrets

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError

from wxcloudrun.accounts.service.keys import KeyService, KeyWish
from wxcloudrun.accounts.service.users import UserService
from wxcloudrun.config import Settings
from wxcloudrun.kit.errors import Conflict
from wxcloudrun.kit.security import EVERY_SCOPE, Actor, CredentialKind
from wxcloudrun.kit.storage.minio import MinioBlobStore
from wxcloudrun.kit.web.endpoint import service
from wxcloudrun.projects.service import DEFAULT_PROJECT, ProjectService
from wxcloudrun.wiring import blob_store

WELCOME_DAYS = 1
WELCOME_KEY = "make run"


def register_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(init)
    app.cli.add_command(welcome)


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
