"""The `flask` commands of this service.

Those that look after the bytes end with 0 if all is well, 1 if there is something that a person should
look at, 2 if they could not do their work; `--json` makes their report one JSON object.
"""

import atexit
import json
import os
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any, NoReturn

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from werkzeug.serving import is_running_from_reloader, run_simple

from wxcloudrun import wiring
from wxcloudrun.artifacts.service.collect import Collected, CollectService, CollectSpec
from wxcloudrun.artifacts.service.fsck import Checked, CheckSpec, FsckService
from wxcloudrun.artifacts.service.rebuild import RebuildService, Rebuilt
from wxcloudrun.artifacts.service.sweep import SweepService, Swept
from wxcloudrun.audit.service.log import AuditService
from wxcloudrun.audit.service.verification import Verdict
from wxcloudrun.config import Settings
from wxcloudrun.doctor.service import DoctorService, Examination, RotationRefused
from wxcloudrun.keys.service.keys import KeyService, KeySpec
from wxcloudrun.kit.db import allow_migrations, db, trouble_with_database
from wxcloudrun.kit.errors import Conflict, Invalid
from wxcloudrun.kit.security import EVERY_SCOPE, Actor, CredentialKind
from wxcloudrun.kit.trouble import Trouble
from wxcloudrun.projects.service.projects import DEFAULT_PROJECT, ProjectService
from wxcloudrun.stores.blobs.port import ObjectMissing, StoreUnavailable, is_key
from wxcloudrun.stores.queue.background import Background
from wxcloudrun.users.service.users import UserService
from wxcloudrun.web.endpoint import service
from wxcloudrun.wiring.stores import s3_store

WELCOME_DAYS = 1
WELCOME_KEY = "make run"
AUDIT_BEGINS = "audit_checkpoints"  # the table that says where
FINDINGS, FAILED = 1, 2
WORKER_PATIENCE_SECONDS = 25.0  # what runs such processes kills them after half a minute
DEV_PATIENCE_SECONDS = 1.0

CommandReport = Collected | Swept | Checked | Rebuilt | Verdict | Examination


def register_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (
        init,
        welcome,
        collect,
        sweep,
        fsck,
        rebuild,
        restore,
        doctor,
        reseal,
        rotate_secrets,
        worker,
        dev,
    ):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def init() -> None:
    """Create the schema, the bucket, the administrator and the default project; harmless if they exist."""
    settings: Settings = current_app.extensions["settings"]
    try:
        migrate_schema()
        if settings.blob_store == "minio":
            s3_store(settings).make_bucket()
        create_administrator(settings)
    except StoreUnavailable as error:
        fail(f"the blob store failed: {error.message}")
    except OperationalError as error:
        # Its own text: the driver says whether it is the address, the name or the password; SQL is left out.
        fail(f"the database failed: {error.orig}{hint(error)}")


def migrate_schema() -> None:
    """Bring the schema to the newest revision."""
    from flask_migrate import upgrade  # noqa: PLC0415  # a server, which loads this module too, never migrates

    allow_migrations(current_app)
    is_first = not inspect(db.engine).has_table(AUDIT_BEGINS)
    upgrade()
    # Only with the tables themselves: who has emptied them shall not get a new beginning by a restart.
    if is_first:
        service(AuditService).begin()


def create_administrator(settings: Settings) -> None:
    """Create the first administrator and their default project; a generated password is shown once."""
    given = settings.admin_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(12)
    try:
        created = service(UserService).ensure_administrator(settings.admin_email, password)
    except (ValueError, Conflict, Invalid) as error:
        raise click.ClickException(f"ADMIN_EMAIL and ADMIN_PASSWORD: {error}") from error
    service(ProjectService).ensure_default(administrator(settings).user_id or 0)
    if created:
        click.echo(f"administrator: {settings.admin_email}")
        if given is None:
            click.echo(f"password:      {password}   (shown this once; change it after the first login)")


def administrator(settings: Settings) -> Actor:
    """Return the administrator as the caller of what a command does on the server itself."""
    try:
        user_id = service(UserService).administrator_id(settings.admin_email)
    except OperationalError as error:
        raise click.ClickException("the database is not there or has no tables; run `flask init`") from error
    if user_id is None:
        raise click.ClickException("there is no administrator yet; run `flask init`")
    return Actor(user_id, is_admin=True, scopes=EVERY_SCOPE, credential=CredentialKind.NONE)


@click.command()
@with_appcontext
def welcome() -> None:
    """Print where the service is; the first time with three commands that work as they stand.

    They carry a key for the default project that is valid for a day, which is never made a second time.
    """
    settings: Settings = current_app.extensions["settings"]
    if settings.app_env != "development":
        raise click.ClickException("only a development server greets with a key")
    spec = KeySpec(WELCOME_KEY, project=DEFAULT_PROJECT, expires_in_days=WELCOME_DAYS)
    made = service(KeyService).make_once(administrator(settings), spec)
    click.echo(f"\nThe registry is at {settings.base_url}/ (a page for your browser).")
    if made is None:
        # The key of the first start is not made again; the page has no form to log in with.
        click.echo(
            f"Log in with `backend/tools/pkgctl login {settings.base_url} --email {settings.admin_email}`."
        )
        click.echo(f"Calls can be tried at {settings.base_url}/api/docs.\n")
        return
    package = f"hello-{secrets.token_hex(3)}"
    url = f"{settings.base_url}/api/v1/project/{DEFAULT_PROJECT}"
    auth = f'-H "Authorization: Bearer {made.key}"'
    upload = f"{url}/{package}/upload/hello.txt"
    click.echo(f"""Try it with the key "{WELCOME_KEY}", made this once and good for {WELCOME_DAYS} day:

curl -sS {auth} -H "Content-Type: application/json" -d '{{"name": "{package}"}}' {url}/packages
curl -sS {auth} -X PUT --data-binary "hello, registry" "{upload}?version=1.0.0&tag=stable"
curl -sS {auth} {url}/{package}/+/stable
""")


def reporting(work: Callable[..., CommandReport]) -> Callable[..., None]:
    """Print the report that `work` returns and end with the exit code that it deserves."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @with_appcontext
    @wraps(work)
    def command(*, as_json: bool, **options: Any) -> None:
        try:
            report = work(**options)
        except StoreUnavailable as error:
            fail(f"the blob store failed: {error.message}")
        except SQLAlchemyError as error:
            fail(f"the database failed ({type(error).__name__}){hint(error)}")
        facts = {**asdict(report), "clean": is_clean(report)}
        if isinstance(report, Collected) and not as_json:
            del facts["clean"]  # said beside garbage that waits, it would mean the store
        click.echo(json.dumps(facts) if as_json else as_lines(facts))
        sys.exit(0 if is_clean(report) else FINDINGS)

    return command


def hint(error: SQLAlchemyError) -> str:
    """Return what whoever runs a command can do about a database that failed, if that is known."""
    match trouble_with_database(error):
        case Trouble.FULL:
            return ": its disk is full; free some room"
        case Trouble.LOCKED:
            return ": another program holds it; end that, or try again"
        case Trouble.READ_ONLY:
            return ": it can only be read"
        case _:
            return "" if has_schema() else ": it holds no registry; are DATA_DIR and DATABASE_URL right?"


def has_schema() -> bool:
    """Tell whether `flask init` has made the tables; yes if the database cannot be asked."""
    try:
        return inspect(db.engine).has_table("alembic_version")
    except SQLAlchemyError:
        return True


def fail(message: str) -> NoReturn:
    """End without a result."""
    click.echo(message, err=True)
    sys.exit(FAILED)


def is_clean(report: CommandReport) -> bool:
    """Tell whether a report holds nothing that a person should look at."""
    if isinstance(report, Checked):
        return not report.counts
    if isinstance(report, Verdict):
        return report.is_clean
    if isinstance(report, Examination):
        return not report.advice
    return not (isinstance(report, Swept) and report.refused)


def as_lines(facts: dict[str, Any]) -> str:
    """Write a report for people: one fact a line, one finding a line."""
    lines = []
    for name, value in facts.items():
        if isinstance(value, list):
            lines += [f"{name}: {each if isinstance(each, str) else json.dumps(each)}" for each in value]
        else:
            lines.append(f"{name}: {json.dumps(value)}")
    return "\n".join(lines)


bytes_per_second = click.option(
    "--max-bytes-per-second", type=click.IntRange(min=1), help="Read objects no faster than this."
)


@click.command()
@click.option("--dry-run", is_flag=True, help="Delete nothing; say what would go, and what waits.")
@click.option(
    "--grace", "grace_seconds", type=click.IntRange(min=0), metavar="SECONDS",
    help="Instead of GC_GRACE_SECONDS; 0 deletes at once, also while uploads go on.",
)  # fmt: skip
@reporting
def collect(**options: Any) -> CommandReport:
    """Delete artifacts that nothing has referred to for GC_GRACE_SECONDS; say what waits, and until when."""
    return service(CollectService).run(CollectSpec(**options))


@click.command()
@click.option("--force", is_flag=True, help="Remove objects without a name even if most have none.")
@reporting
def sweep(*, force: bool) -> CommandReport:
    """Remove objects that no row names, and what uploads that died have left behind."""
    return service(SweepService).run(force=force)


@click.command()
@click.option("--deep", is_flag=True, help="Read every object and compare its SHA-256.")
@click.option("--repair", is_flag=True, help="Set damaged and unknown objects aside; nothing is deleted.")
@bytes_per_second
@reporting
def fsck(**options: Any) -> CommandReport:
    """Compare what the database says with what the store holds, both ways."""
    return service(FsckService).run(CheckSpec(**options))


@click.command()
@bytes_per_second
@reporting
def rebuild(*, max_bytes_per_second: int | None) -> CommandReport:
    """Make artifact rows for objects that have none, by hashing them."""
    return service(RebuildService).run(max_bytes_per_second=max_bytes_per_second)


@click.command()
@click.argument("keys", nargs=-1, required=True)
@with_appcontext
def restore(keys: tuple[str, ...]) -> None:
    """Put objects back that `fsck --repair` has set aside; their keys stand in its report."""
    for key in keys:
        try:
            if not is_key(key):
                raise ObjectMissing(key)
            service(FsckService).restore(key)
        except ObjectMissing:
            fail(f"no object {key} has been set aside")
        except StoreUnavailable as error:
            fail(f"the blob store failed: {error.message}")
        except SQLAlchemyError as error:
            fail(f"{key} is back, but the database failed ({type(error).__name__}){hint(error)}")
        click.echo(f"restored: {key}")


@click.command()
@with_appcontext
def worker() -> None:
    """Work in the background until a signal comes: jobs, and what is done again and again."""
    # A handler in Python runs only between two steps of this thread, and the signal may come when it has just
    # begun to wait: then nothing would wake it. What the C handler writes is there whenever it comes.
    said, say = os.pipe()
    os.set_blocking(say, False)
    signal.set_wakeup_fd(say)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: None)
    service(Background).start()
    os.read(said, 1)
    service(Background).stop(WORKER_PATIENCE_SECONDS)


@click.command()
@with_appcontext
def dev() -> None:
    """Serve with Flask's own server, which reloads when a file changes; for development only."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # what the server needs
    settings: Settings = app.extensions["settings"]
    # The parent process only watches; what works is its child, which ends at every change of a file.
    if not is_running_from_reloader():
        click.echo(f"Flask's own server, for development only: http://{settings.host}:{settings.port}")
    elif settings.works_in_server:
        service(Background).start()
        atexit.register(wiring.stop_background, app, DEV_PATIENCE_SECONDS)
    run_simple(settings.host, settings.port, app, use_reloader=True, use_debugger=True, threaded=True)


@click.command()
@reporting
def doctor() -> CommandReport:
    """Say what should be changed in secrets, settings, credentials and files; change nothing."""
    return service(DoctorService).examine()


@click.command()
@with_appcontext
def reseal() -> None:
    """Seal under API_KEY_SECRET what the secret before it has sealed, so that that can be taken out."""
    click.echo(f"{service(DoctorService).reseal()} second factors sealed anew; the audit log keeps its keys")


@click.command("rotate-secrets")
@click.option("--force", is_flag=True, help="Even if something still stands on the previous secret.")
@with_appcontext
def rotate_secrets(*, force: bool) -> None:
    """Make new secrets; put them in place where the service makes its own, else print what to set."""
    try:
        click.echo("\n".join(service(DoctorService).rotate(force=force)))
    except RotationRefused as error:
        fail(str(error))
    except OSError as error:
        fail(f"the secrets in DATA_DIR cannot be written ({type(error).__name__})")
