"""Service accounts, and their keys."""

from typing import Any

import click

from pkgctl.addresses import path
from pkgctl.commands.accounts import KEY_COLUMNS, show_key
from pkgctl.commands.projects import ROLES
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import RegistryGroup, bound, limit_option, without_none

COLUMNS = ("id", "name", "project", "role", "is_active", "created_at", "created_by")
SCOPES = click.Choice(["download", "read", "upload", "release", "write"])

account_argument = click.argument("account_id", type=int)


@click.group("service-accounts", cls=RegistryGroup)
def service_accounts() -> None:
    """Service accounts: list (default), show, create, update, delete, keys."""


@service_accounts.command("list")
@click.option("--project", help="Those of this project; else those of the administrators.")
@limit_option(0)
@pass_invocation
def list_accounts(invocation: Invocation, project: str | None, limit: int) -> None:
    """Show the service accounts of a project, or of the administrators."""
    items, more = invocation.api.items(path("service-accounts"), bound(limit), project=project)
    invocation.screen.rows(items, COLUMNS, more=more)


@service_accounts.command("show")
@account_argument
@pass_invocation
def show_account(invocation: Invocation, account_id: int) -> None:
    """Show one service account."""
    invocation.screen.facts(invocation.api.get(path("service-accounts", account_id)))


@service_accounts.command("create")
@click.argument("name")
@click.option("--project", help="The project that owns it; else the administrators do.")
@click.option("--role", type=ROLES, help="What it is in its project.")
@pass_invocation
def create_account(invocation: Invocation, /, **options: Any) -> None:
    """Make a service account; it needs a key to do anything."""
    made = invocation.api.post(path("service-accounts"), without_none(**options))
    invocation.screen.done(made, f"Created service account {made['id']}: {made['username']}")


@service_accounts.command("update")
@account_argument
@click.option("--name")
@click.option("--active/--inactive", "is_active", default=None, help="Whether its keys work.")
@pass_invocation
def change_account(invocation: Invocation, /, account_id: int, **options: Any) -> None:
    """Rename, disable or enable a service account."""
    changed = invocation.api.call("PATCH", path("service-accounts", account_id), body=without_none(**options))
    invocation.screen.done(changed, f"Changed service account {account_id}: {changed['username']}")


@service_accounts.command("delete")
@account_argument
@pass_invocation
def delete_account(invocation: Invocation, account_id: int) -> None:
    """Delete a service account with its keys; what it made stays."""
    invocation.api.call("DELETE", path("service-accounts", account_id))
    invocation.screen.done({"deleted": account_id}, f"Deleted service account {account_id}")


@service_accounts.group("keys", cls=RegistryGroup)
def keys() -> None:
    """API keys of a service account: list (default), create, delete."""


@keys.command("list")
@account_argument
@limit_option(0)
@pass_invocation
def list_keys(invocation: Invocation, account_id: int, limit: int) -> None:
    """Show its keys; none of them can be read again."""
    items, more = invocation.api.items(path("service-accounts", account_id, "keys"), bound(limit))
    invocation.screen.rows(items, KEY_COLUMNS, more=more)


@keys.command("create")
@account_argument
@click.argument("name")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, help="May be repeated. [read, write]")
@click.option(
    "--expires-in-days",
    type=click.IntRange(min=0),
    help="How long it is good for. [90, or as the service is set]",
)
@pass_invocation
def create_key(
    invocation: Invocation, /, account_id: int, name: str, scopes: tuple[str, ...], **options: Any
) -> None:
    """Make a key for it. It is printed this once, alone on the standard output."""
    body = without_none(name=name, scopes=list(scopes) or None, **options)
    show_key(invocation, invocation.api.post(path("service-accounts", account_id, "keys"), body))


@keys.command("delete")
@account_argument
@click.argument("key_id", type=int)
@pass_invocation
def delete_key(invocation: Invocation, account_id: int, key_id: int) -> None:
    """Revoke one of its keys."""
    invocation.api.call("DELETE", path("service-accounts", account_id, "keys", key_id))
    invocation.screen.done({"deleted": key_id}, f"Revoked key {key_id}")
