"""What administrators do: jobs, periodic tasks, figures, maintenance, the first start."""

import json
from typing import Any

import click

from pkgctl.addresses import path
from pkgctl.errors import CommandFailed, ExitCode
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import (
    DEFAULT_ENTRIES,
    RegistryCommand,
    RegistryGroup,
    bound,
    limit_option,
    without_none,
)
from pkgctl.server import run_flask
from pkgctl.waiting import wait_for

JOB_COLUMNS = ("id", "kind", "state", "attempts", "created_at", "finished_at", "error")
TASK_COLUMNS = (
    "name",
    "enabled",
    "interval_seconds",
    "runs",
    "errors",
    "last_run_at",
    "next_run_at",
    "last_error",
)
ENDED = frozenset({"done", "failed", "cancelled"})
DEFAULT_WAIT_SECONDS = 3600

local_option = click.option(
    "--local", is_flag=True, help="Run it here, where the service is installed, without asking the service."
)
timeout_option = click.option(
    "--timeout", type=click.FloatRange(min=0), default=DEFAULT_WAIT_SECONDS, metavar="SECONDS",
    help=f"Wait no longer for the job. [{DEFAULT_WAIT_SECONDS}]",
)  # fmt: skip


@click.group(cls=RegistryGroup)
def jobs() -> None:
    """Work in the background, for administrators: list (default), show."""


@jobs.command("list")
@click.option("--kind", help="Only of this kind.")
@click.option("--state", type=click.Choice(["queued", "running", "done", "failed", "cancelled"]))
@limit_option(DEFAULT_ENTRIES)
@pass_invocation
def list_jobs(invocation: Invocation, /, limit: int, **filters: str | None) -> None:
    """Show jobs, newest first."""
    items, more = invocation.api.items(path("jobs"), bound(limit), **filters)
    invocation.screen.rows(items, JOB_COLUMNS, more=more)


@jobs.command("show")
@click.argument("job_id", type=int)
@click.option("--wait", is_flag=True, help="Wait until it has ended; exit code 1 if it has failed.")
@timeout_option
@pass_invocation
def show_job(invocation: Invocation, job_id: int, *, wait: bool, timeout: float) -> None:
    """Show one job, with its result or its error."""
    job = ended_job(invocation, job_id, timeout) if wait else invocation.api.get(path("jobs", job_id))
    if wait:
        refuse_failed(job)
    invocation.screen.facts(job)


def ended_job(invocation: Invocation, job_id: int, timeout_seconds: float) -> Any:
    """Wait for a job. Raises NotInTime."""
    return wait_for(
        lambda: invocation.api.get(path("jobs", job_id)),
        lambda job: job["state"] in ENDED,
        timeout_seconds=timeout_seconds,
        what=f"job {job_id}",
    )


def refuse_failed(job: dict[str, Any]) -> None:
    """Raise CommandFailed for a job that has failed."""
    if job["state"] == "failed":
        raise CommandFailed(
            f"job {job['id']} has failed: {job['error']}", ExitCode.REFUSED, reason="job_failed", facts=job
        )


@click.group(cls=RegistryGroup)
def tasks() -> None:
    """What the service does again and again: list (default), show, enable, disable, interval."""


@tasks.command("list")
@limit_option(0)
@pass_invocation
def list_tasks(invocation: Invocation, limit: int) -> None:
    """Show the periodic tasks."""
    items, more = invocation.api.items(path("tasks"), bound(limit))
    invocation.screen.rows(items, TASK_COLUMNS, more=more)


@tasks.command("show")
@click.argument("name")
@pass_invocation
def show_task(invocation: Invocation, name: str) -> None:
    """Show one periodic task."""
    invocation.screen.facts(invocation.api.get(path("tasks", name)))


@tasks.command("enable")
@click.argument("name")
@pass_invocation
def enable_task(invocation: Invocation, name: str) -> None:
    """Switch a task on."""
    change_task(invocation, name, {"enabled": True}, f"Enabled {name}")


@tasks.command("disable")
@click.argument("name")
@pass_invocation
def disable_task(invocation: Invocation, name: str) -> None:
    """Switch a task off."""
    change_task(invocation, name, {"enabled": False}, f"Disabled {name}")


@tasks.command("interval")
@click.argument("name")
@click.argument("seconds", type=click.IntRange(min=1))
@pass_invocation
def set_interval(invocation: Invocation, name: str, seconds: int) -> None:
    """Run a task every so many seconds."""
    change_task(invocation, name, {"interval_seconds": seconds}, f"{name} runs every {seconds} seconds")


def change_task(invocation: Invocation, name: str, change: dict[str, Any], sentence: str) -> None:
    """Change a periodic task and say so."""
    invocation.screen.done(invocation.api.call("PATCH", path("tasks", name), body=change), sentence)


@click.command(cls=RegistryCommand)
@pass_invocation
def stats(invocation: Invocation) -> None:
    """Show what the service is doing, for administrators."""
    figures = invocation.api.get("/api/stats")
    invocation.screen.facts(figures if invocation.as_json else flat(figures))


def flat(figures: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Write nested figures as one level: `storage.bytes`."""
    result: dict[str, Any] = {}
    for name, value in figures.items():
        deeper = isinstance(value, dict) and bool(value)
        result.update(flat(value, f"{prefix}{name}.") if deeper else {prefix + name: value})
    return result


@click.command(cls=RegistryCommand)
@click.option("--dry-run", is_flag=True, help="Delete nothing; say what would go, and what waits.")
@click.option(
    "--grace", type=click.IntRange(min=0), metavar="SECONDS",
    help="Instead of the service's own grace time; 0 deletes at once, also while uploads go on.",
)  # fmt: skip
@local_option
@timeout_option
@pass_invocation
def gc(invocation: Invocation, *, dry_run: bool, grace: int | None, local: bool, timeout: float) -> None:
    """Delete artifacts that nothing refers to, and say what waits, how much it is and until when."""
    if local:
        switches = ["--dry-run"] * dry_run + [f"--grace={grace}"] * (grace is not None)
        found = locally("collect", *switches)
    else:
        options = without_none(dry_run=dry_run, grace_seconds=grace)
        found = remotely(invocation, "collect", options, timeout)
    if invocation.as_json:
        invocation.screen.document(found)
        return
    waiting = found.pop("waiting")
    del found["clean"]  # it says that nothing has to be looked at, and would be read as: there is no garbage
    invocation.screen.facts(found)
    if waiting:
        columns = ("goes_at", "size_bytes", "artifact_id", "unreferenced_since")
        invocation.screen.rows(waiting, columns)


@click.command(cls=RegistryCommand)
@click.option("--force", is_flag=True, help="Remove objects without a name even if most have none.")
@local_option
@timeout_option
@pass_invocation
def sweep(invocation: Invocation, *, force: bool, local: bool, timeout: float) -> None:
    """Remove objects that no row names, and what uploads that died have left behind."""
    if local:
        report(invocation, locally("sweep", *(["--force"] if force else [])))
    else:
        report(invocation, remotely(invocation, "sweep", {"force": force}, timeout))


@click.command(cls=RegistryCommand)
@click.option("--deep", is_flag=True, help="Read every object and compare its SHA-256.")
@click.option("--repair", is_flag=True, help="Set damaged and unknown objects aside; nothing is deleted.")
@click.option("--max-bytes-per-second", type=click.IntRange(min=1), help="Read objects no faster than this.")
@local_option
@timeout_option
@pass_invocation
def fsck(invocation: Invocation, /, *, local: bool, timeout: float, **options: Any) -> None:
    """Compare what the database says with what the store holds; exit code 1 if they differ."""
    if local:
        switches = [f"--{name}" for name in ("deep", "repair") if options[name]]
        if (speed := options["max_bytes_per_second"]) is not None:
            switches.append(f"--max-bytes-per-second={speed}")
        report(invocation, locally("fsck", *switches))
    else:
        report(invocation, remotely(invocation, "fsck", without_none(**options), timeout))


def locally(command: str, *arguments: str) -> dict[str, Any]:
    """Return the report of one of the service's own commands."""
    _, output = run_flask(command, *arguments, "--json")
    try:
        found: dict[str, Any] = json.loads(output)
    except ValueError as error:
        raise CommandFailed(
            f"`flask {command}` printed no report", ExitCode.UNAVAILABLE, reason="server_command_failed"
        ) from error
    return found


def remotely(invocation: Invocation, /, kind: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Let the service do it as a job, and return the report."""
    job = invocation.api.post(path("maintenance", kind), body)
    invocation.screen.say(f"Job {job['id']} ({kind}) is under way")
    job = ended_job(invocation, job["id"], timeout)
    refuse_failed(job)
    found: dict[str, Any] = job["result"]
    return {**found, "clean": found.get("clean", not found.get("refused", False))}


def report(invocation: Invocation, found: dict[str, Any]) -> None:
    """Show a report; exit code 1 if it holds something that a person should look at."""
    invocation.screen.facts(found)
    click.get_current_context().exit(ExitCode.OK if found["clean"] else ExitCode.REFUSED)


@click.command(cls=RegistryCommand)
@click.option("--local", is_flag=True, hidden=True)  # there is no other way; it may be said
@pass_invocation
def init(invocation: Invocation, *, local: bool) -> None:
    """Create the schema, the administrator and the default project, where the service is installed.

    Harmless if they exist. A password that was generated is printed this once.
    """
    del local
    _, output = run_flask("init")
    told = dict(line.split(":", 1) for line in output.splitlines() if ":" in line)
    password = told.get("password", "").split("(")[0].strip() or None
    data = {"administrator": told.get("administrator", "").strip() or None, "password": password}
    invocation.screen.done(data, output.rstrip("\n") or "Everything is there already.")
