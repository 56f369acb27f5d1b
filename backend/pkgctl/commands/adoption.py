"""Letting what lies in a generic package be a package of PyPI or npm as well."""

from typing import Any

import click

from pkgctl.addresses import PackagePath
from pkgctl.commands.operations import ENDED, refuse_failed, timeout_option
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import RegistryCommand, package_argument, without_none
from pkgctl.waiting import wait_for


@click.command(cls=RegistryCommand)
@package_argument
@click.argument("format", type=click.Choice(["pypi", "npm"]))
@click.option("--name", help="What it is called there, such as @h7/lib. [as this package]")
@timeout_option
@pass_invocation
def adopt(
    invocation: Invocation,
    /,
    package: PackagePath,
    *,
    format: str,  # noqa: A002 - what everybody calls it
    name: str | None,
    timeout: float,
) -> None:
    """Let a package of FORMAT have the files that fit, without a copy, and show which do not and why.

    It waits for the job that does it. Doing it again adds what has come since.
    """
    body = without_none(format=format, name=name)
    asked: dict[str, Any] = invocation.api.call("POST", package.path("adopt"), body=body)
    seen = wait_for(
        lambda: invocation.api.get(package.path("adopt", asked["id"])),
        lambda adoption: adoption["state"] in ENDED,
        timeout_seconds=timeout,
        what=f"adoption {asked['id']}",
    )
    refuse_failed(seen)
    show(invocation, package, seen)


def show(invocation: Invocation, package: PackagePath, adoption: dict[str, Any]) -> None:
    """Say what became of the files."""
    report = adoption["report"]
    if report is None:
        invocation.screen.done(adoption, f"{package} was not adopted: a package was deleted in the meantime")
        return
    counts = "{adopted} new, {present} already there, {left_out} left out".format_map(report)
    lines = [
        f"{package.project}/{report['package']}: {counts}",
        *(f"  {each['filename']}: {each['message']}" for each in report["files"]),
        *(["  and more"] if report["more"] else []),
    ]
    invocation.screen.done(adoption, "\n".join(lines))
