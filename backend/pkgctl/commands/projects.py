"""Projects, their members, and the packages in them."""

from http import HTTPStatus
from typing import Any

import click

from pkgctl.addresses import PackagePath, path
from pkgctl.errors import Refused
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import RegistryGroup, bound, limit_option, package_argument, without_none

ROLES = click.Choice(["reader", "writer", "maintainer", "owner"])
PROJECT_COLUMNS = ("name", "role", "is_public", "description", "created_at")
PACKAGE_COLUMNS = ("project", "name", "layout", "description", "created_at", "created_by")

force_option = click.option("--force", is_flag=True, help="With everything in it, without a question.")


def delete(invocation: Invocation, where: str, what: str, *, force: bool) -> None:
    """Delete something; if something else would go with it, ask whoever sits there, or refuse."""
    try:
        invocation.api.call("DELETE", where, params={"force": "true"} if force else None)
    except Refused as refusal:
        holds = refusal.facts.get("holds")
        if not isinstance(holds, dict):
            raise
        counts = ", ".join(f"{name}: {value}" for name, value in holds.items() if value)
        problem = f"{what} is not empty ({counts})"
        is_meant = invocation.is_attended and click.confirm(
            f"{problem}. Delete it with all of them?", err=True
        )
        if not is_meant:
            hint = "nothing was deleted" if invocation.is_attended else "--force deletes it with all of them"
            raise Refused(f"{problem}; {hint}", HTTPStatus.CONFLICT, refusal.facts) from refusal
        invocation.api.call("DELETE", where, params={"force": "true"})


@click.group(cls=RegistryGroup)
def projects() -> None:
    """Projects: list (default), show, create, update, delete, members."""


@projects.command("list")
@limit_option(0)
@pass_invocation
def list_projects(invocation: Invocation, limit: int) -> None:
    """Show the projects that you may see."""
    items, more = invocation.api.items(path("projects"), bound(limit))
    invocation.screen.rows(items, PROJECT_COLUMNS, more=more)


@projects.command("show")
@click.argument("project")
@pass_invocation
def show_project(invocation: Invocation, project: str) -> None:
    """Show one project."""
    invocation.screen.facts(invocation.api.get(path("project", project)))


@projects.command("create")
@click.argument("project")
@click.option("--description", default="", help="What it is for.")
@click.option("--public", "is_public", is_flag=True, help="Let everybody read it.")
@pass_invocation
def create_project(invocation: Invocation, /, project: str, **wish: Any) -> None:
    """Make a project that you own."""
    made = invocation.api.post(path("projects"), {"name": project, **wish})
    invocation.screen.done(made, f"Created project {made['name']}")


@projects.command("update")
@click.argument("project")
@click.option("--description", help="What it is for.")
@click.option("--public/--private", "is_public", default=None, help="Who may read it.")
@pass_invocation
def change_project(invocation: Invocation, /, project: str, **wish: Any) -> None:
    """Change the description or the visibility."""
    changed = invocation.api.call("PATCH", path("project", project), body=without_none(**wish))
    invocation.screen.done(changed, f"Changed project {project}")


@projects.command("delete")
@click.argument("project")
@force_option
@pass_invocation
def delete_project(invocation: Invocation, project: str, *, force: bool) -> None:
    """Delete a project; if it holds packages, ask first."""
    delete(invocation, path("project", project), f"project {project}", force=force)
    invocation.screen.done({"deleted": project}, f"Deleted project {project}")


@projects.group("members", cls=RegistryGroup)
def members() -> None:
    """Members of a project: list (default), add, set, remove."""


@members.command("list")
@click.argument("project")
@limit_option(0)
@pass_invocation
def list_members(invocation: Invocation, project: str, limit: int) -> None:
    """Show who belongs to a project."""
    items, more = invocation.api.items(path("project", project, "members"), bound(limit))
    invocation.screen.rows(items, ("user_id", "kind", "username", "role", "created_at"), more=more)


@members.command("add")
@click.argument("project")
@click.argument("user")
@click.argument("role", type=ROLES)
@pass_invocation
def add_member(invocation: Invocation, project: str, user: str, role: str) -> None:
    """Let a person belong to a project, by user name or e-mail address; the list tells if there is one."""
    asked = invocation.api.call(
        "POST", path("project", project, "members"), body={"user": user, "role": role}
    )
    becomes = f"{asked['user']} becomes {asked['role']} in {project}"
    invocation.screen.done(asked, f"{becomes}, if there is such a user who is no member yet")


@members.command("set")
@click.argument("project")
@click.argument("user_id", type=int)
@click.argument("role", type=ROLES)
@pass_invocation
def set_member(invocation: Invocation, project: str, user_id: int, role: str) -> None:
    """Give a user a role."""
    made = invocation.api.call("PUT", path("project", project, "members", user_id), body={"role": role})
    invocation.screen.done(made, f"{made['username']} is {made['role']} in {project}")


@members.command("remove")
@click.argument("project")
@click.argument("user_id", type=int)
@pass_invocation
def remove_member(invocation: Invocation, project: str, user_id: int) -> None:
    """Take a user out of a project."""
    invocation.api.call("DELETE", path("project", project, "members", user_id))
    invocation.screen.done({"deleted": user_id}, f"Removed user {user_id} from {project}")


@click.group(cls=RegistryGroup)
def packages() -> None:
    """Packages of a project: list (default), show, create, update, delete."""


layout_option = click.option(
    "--layout", type=click.Choice(["single", "files"]), help="How many files a version has: one, or several."
)


@packages.command("list")
@click.argument("project")
@limit_option(0)
@pass_invocation
def list_packages(invocation: Invocation, project: str, limit: int) -> None:
    """Show the packages of a project."""
    items, more = invocation.api.items(path("project", project, "packages"), bound(limit))
    invocation.screen.rows(items, PACKAGE_COLUMNS, more=more)


@packages.command("show")
@package_argument
@pass_invocation
def show_package(invocation: Invocation, package: PackagePath) -> None:
    """Show one package."""
    invocation.screen.facts(invocation.api.get(package.itself))


@packages.command("create")
@package_argument
@click.option("--description", default="", help="What it is.")
@layout_option
@pass_invocation
def create_package(
    invocation: Invocation, package: PackagePath, description: str, layout: str | None
) -> None:
    """Make a package."""
    body = without_none(name=package.package, description=description, layout=layout)
    made = invocation.api.post(path("project", package.project, "packages"), body)
    invocation.screen.done(made, f"Created package {package}")


@packages.command("update")
@package_argument
@click.option("--description", help="What it is.")
@layout_option
@pass_invocation
def change_package(
    invocation: Invocation, package: PackagePath, description: str | None, layout: str | None
) -> None:
    """Change the description or the layout."""
    body = without_none(description=description, layout=layout)
    if not body:
        raise click.UsageError("give --description or --layout")
    changed = invocation.api.call("PATCH", package.itself, body=body)
    invocation.screen.done(changed, f"Changed package {package}")


@packages.command("delete")
@package_argument
@force_option
@pass_invocation
def delete_package(invocation: Invocation, package: PackagePath, *, force: bool) -> None:
    """Delete a package and all it holds; if it holds something, ask first."""
    delete(invocation, package.itself, f"package {package}", force=force)
    invocation.screen.done({"deleted": str(package)}, f"Deleted package {package}")
