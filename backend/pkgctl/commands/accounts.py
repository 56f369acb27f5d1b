"""API keys, users, and the log of who changed what."""

from typing import Any

import click

from pkgctl.addresses import path
from pkgctl.commands.access import asked_password
from pkgctl.errors import ExitCode
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import DEFAULT_ENTRIES, RegistryGroup, bound, limit_option, without_none

SCOPES = click.Choice(["download", "read", "upload", "release", "write", "manage", "admin"])
KEY_COLUMNS = (
    "id", "name", "prefix", "scopes", "project", "created_at", "created_by", "parent_id", "expires_at",
    "last_used_at",
)  # fmt: skip
USER_COLUMNS = ("id", "username", "email", "is_active", "is_admin", "created_at")
AUDIT_COLUMNS = ("id", "at", "actor_id", "credential", "action", "object", "address")


@click.group(cls=RegistryGroup)
def keys() -> None:
    """Your API keys: list (default), create, rotate, delete."""


@keys.command("list")
@limit_option(0)
@pass_invocation
def list_keys(invocation: Invocation, limit: int) -> None:
    """Show your keys; none of them can be read again."""
    items, more = invocation.api.items(path("auth", "keys"), bound(limit))
    invocation.screen.rows(items, KEY_COLUMNS, more=more)


@keys.command("create")
@click.argument("name")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, help="May be repeated. [read, write]")
@click.option("--project", help="Only for this project.")
@click.option(
    "--expires-in-days",
    type=click.IntRange(min=0),
    help="How long it is good for. [90, or as the service is set]",
)
@pass_invocation
def create_key(invocation: Invocation, /, name: str, scopes: tuple[str, ...], **options: Any) -> None:
    """Make a key. It is printed this once, alone on the standard output."""
    body = without_none(name=name, scopes=list(scopes) or None, **options)
    show_key(invocation, invocation.api.post(path("auth", "keys"), body))


@keys.command("rotate")
@click.argument("key_id", type=int)
@click.option("--overlap-hours", type=click.IntRange(min=0), help="How long the old one keeps working. [0]")
@pass_invocation
def rotate_key(invocation: Invocation, key_id: int, overlap_hours: int | None) -> None:
    """Replace a key."""
    body = without_none(overlap_hours=overlap_hours)
    show_key(invocation, invocation.api.post(path("auth", "keys", key_id, "rotate"), body))


@keys.command("delete")
@click.argument("key_id", type=int)
@pass_invocation
def delete_key(invocation: Invocation, key_id: int) -> None:
    """Revoke a key."""
    invocation.api.call("DELETE", path("auth", "keys", key_id))
    invocation.screen.done({"deleted": key_id}, f"Revoked key {key_id}")


def show_key(invocation: Invocation, made: dict[str, Any]) -> None:
    """Print a new key so that `KEY=$(pkgctl keys create ci)` works."""
    invocation.screen.done(made, made["key"])
    invocation.screen.say(f"Key {made['id']} ({made['name']}) is shown this once.")


@click.group(cls=RegistryGroup)
def users() -> None:
    """Users, for administrators: list (default), show, create, update, delete, keys."""


@users.command("list")
@limit_option(0)
@pass_invocation
def list_users(invocation: Invocation, limit: int) -> None:
    """Show all users."""
    items, more = invocation.api.items(path("users"), bound(limit))
    invocation.screen.rows(items, USER_COLUMNS, more=more)


@users.command("show")
@click.argument("user_id", type=int)
@pass_invocation
def show_user(invocation: Invocation, user_id: int) -> None:
    """Show one user."""
    invocation.screen.facts(invocation.api.get(path("users", user_id)))


@users.command("create")
@click.argument("username")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read a password; without one they cannot log in by it.")
@pass_invocation
def create_user(invocation: Invocation, username: str, email: str, *, password_stdin: bool) -> None:
    """Make a user."""
    password = asked_password(from_stdin=True) if password_stdin else None
    body = without_none(username=username, email=email, password=password)
    made = invocation.api.post(path("users"), body)
    invocation.screen.done(made, f"Created user {made['id']}: {made['username']}")


@users.command("update")
@click.argument("user_id", type=int)
@click.option("--username")
@click.option("--email")
@click.option("--active/--inactive", "is_active", default=None, help="Whether they may do anything.")
@click.option("--admin/--no-admin", "is_admin", default=None, help="Whether they are an administrator.")
@click.option("--password-stdin", is_flag=True, help="Read a new password.")
@pass_invocation
def change_user(invocation: Invocation, /, user_id: int, *, password_stdin: bool, **options: Any) -> None:
    """Change a user."""
    password = asked_password(from_stdin=True) if password_stdin else None
    changed = invocation.api.call(
        "PATCH", path("users", user_id), body=without_none(**options, password=password)
    )
    invocation.screen.done(changed, f"Changed user {changed['id']}: {changed['username']}")


@users.command("delete")
@click.argument("user_id", type=int)
@pass_invocation
def delete_user(invocation: Invocation, user_id: int) -> None:
    """Delete a user."""
    invocation.api.call("DELETE", path("users", user_id))
    invocation.screen.done({"deleted": user_id}, f"Deleted user {user_id}")


@users.group("keys", cls=RegistryGroup)
def keys_of_user() -> None:
    """API keys of a user: list (default), delete."""


@keys_of_user.command("list")
@click.argument("user_id", type=int)
@limit_option(0)
@pass_invocation
def list_keys_of_user(invocation: Invocation, user_id: int, limit: int) -> None:
    """Show somebody's keys; none of them can be read again."""
    items, more = invocation.api.items(path("users", user_id, "keys"), bound(limit))
    invocation.screen.rows(items, KEY_COLUMNS, more=more)


@keys_of_user.command("delete")
@click.argument("user_id", type=int)
@click.argument("key_id", type=int)
@pass_invocation
def delete_key_of_user(invocation: Invocation, user_id: int, key_id: int) -> None:
    """Revoke somebody's key."""
    invocation.api.call("DELETE", path("users", user_id, "keys", key_id))
    invocation.screen.done({"deleted": key_id}, f"Revoked key {key_id}")


@click.group(cls=RegistryGroup)
def audit() -> None:
    """The audit log, for administrators: list (default), verify."""


@audit.command("list")
@click.option("--actor", type=int, metavar="USER_ID", help="Only what this user did.")
@click.option("--action", help="Only this, such as tag.moved.")
@click.option("--object", "object_", help="Only this and everything below it, such as project/tools.")
@click.option("--since", metavar="TIME", help="From then on (RFC 3339).")
@click.option("--until", metavar="TIME", help="Before then.")
@limit_option(DEFAULT_ENTRIES)
@pass_invocation
def list_entries(invocation: Invocation, /, limit: int, object_: str | None, **filters: Any) -> None:
    """Show who changed what, newest first."""
    items, more = invocation.api.items(path("audit"), bound(limit), object=object_, **filters)
    invocation.screen.rows(items, AUDIT_COLUMNS, more=more)


@audit.command("verify")
@click.pass_context
@pass_invocation
def verify(invocation: Invocation, context: click.Context) -> None:
    """Find entries that were edited, removed or reordered; exit code 1 if there are any."""
    verdict = invocation.api.post(path("audit", "verify"))
    invocation.screen.facts(verdict)
    context.exit(ExitCode.OK if verdict["clean"] else ExitCode.REFUSED)
