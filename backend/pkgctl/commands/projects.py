"""Projects, their members, and the packages in them."""

from typing import Any

import click

from pkgctl.addresses import PackageName, path
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import RegistryGroup, bound, limit_option, package_argument, without_none

ROLES = click.Choice(["reader", "writer", "maintainer", "owner"])
PROJECT_COLUMNS = ("name", "role", "is_public", "description", "created_at")
PACKAGE_COLUMNS = ("project", "name", "description", "created_at", "created_by")


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
@click.option("--force", is_flag=True, help="With everything in it.")
@pass_invocation
def delete_project(invocation: Invocation, project: str, *, force: bool) -> None:
    """Delete a project."""
    params = {"force": "true"} if force else None
    invocation.api.call("DELETE", path("project", project), params=params)
    invocation.screen.done({"deleted": project}, f"Deleted project {project}")


@projects.group("members", cls=RegistryGroup)
def members() -> None:
    """Members of a project: list (default), set, remove."""


@members.command("list")
@click.argument("project")
@limit_option(0)
@pass_invocation
def list_members(invocation: Invocation, project: str, limit: int) -> None:
    """Show who belongs to a project."""
    items, more = invocation.api.items(path("project", project, "members"), bound(limit))
    invocation.screen.rows(items, ("user_id", "username", "role", "created_at"), more=more)


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
def show_package(invocation: Invocation, package: PackageName) -> None:
    """Show one package."""
    invocation.screen.facts(invocation.api.get(package.itself))


@packages.command("create")
@package_argument
@click.option("--description", default="", help="What it is.")
@pass_invocation
def create_package(invocation: Invocation, package: PackageName, description: str) -> None:
    """Make a package."""
    body = {"name": package.package, "description": description}
    made = invocation.api.post(path("project", package.project, "packages"), body)
    invocation.screen.done(made, f"Created package {package}")


@packages.command("update")
@package_argument
@click.option("--description", required=True, help="What it is.")
@pass_invocation
def change_package(invocation: Invocation, package: PackageName, description: str) -> None:
    """Change the description."""
    changed = invocation.api.call("PATCH", package.itself, body={"description": description})
    invocation.screen.done(changed, f"Changed package {package}")


@packages.command("delete")
@package_argument
@pass_invocation
def delete_package(invocation: Invocation, package: PackageName) -> None:
    """Delete a package and all it holds."""
    invocation.api.call("DELETE", package.itself)
    invocation.screen.done({"deleted": str(package)}, f"Deleted package {package}")
