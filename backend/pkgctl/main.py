"""The program: all commands under one name, and every end that it can come to."""

import json
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click
from click.shell_completion import get_completion_class

from pkgctl import VERSION
from pkgctl.commands import (
    access,
    accounts,
    adoption,
    files,
    names,
    operations,
    projects,
    releases,
    service_accounts,
    standing,
    transfer,
    uploads,
)
from pkgctl.errors import CommandFailed, ExitCode
from pkgctl.failures import described, document_of
from pkgctl.options import RegistryCommand, common_options

COMMANDS: tuple[click.Command, ...] = (
    access.login, access.logout, access.whoami,
    projects.projects, projects.packages,
    transfer.upload, uploads.uploads, transfer.download, files.files,
    names.resolve, names.tags, names.versions,
    standing.seal, standing.yank, standing.deprecate, standing.notes,
    adoption.adopt,
    releases.create, releases.status, releases.log, releases.activate, releases.deactivate, releases.retry,
    releases.releases,
    accounts.keys, service_accounts.service_accounts, accounts.users, accounts.audit,
    operations.jobs, operations.tasks, operations.stats,
    operations.gc, operations.sweep, operations.fsck, operations.init,
)  # fmt: skip


class InOrder(click.Group):
    """Lists commands in the order of the story that they tell."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names as they were added."""
        del ctx
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="pkgctl")
def cli() -> None:
    """Work with an artifact registry: put builds in, get exactly those bytes out, put releases in use.

    Exit codes: 0 done, 1 refused or findings, 2 usage, 3 not found, 4 not logged in or not allowed,
    5 conflict, 6 unavailable, 7 wrong bytes, 130 interrupted.
    """


cli.params += common_options(from_environment=True)
for each in COMMANDS:
    cli.add_command(each)


@cli.command(cls=RegistryCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what lets SHELL complete commands: eval "$(pkgctl completion bash)"."""
    # Of the three only bash's class is asked for its version when it prints; that needs no answer here.
    completer = get_completion_class(shell)
    if completer is not None:
        script = completer(cli, {}, "pkgctl", "_PKGCTL_COMPLETE")
        click.echo(script.source_template % script.source_vars())


def main() -> NoReturn:
    """Run the program."""
    code = run(sys.argv[1:])
    if code == ExitCode.INTERRUPTED:
        # Threads that still wait for an answer must not keep the program alive.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Carry out a command and return its exit code, whatever happens."""
    try:
        result = cli.main(list(arguments), prog_name="pkgctl", standalone_mode=False)
    except CommandFailed as failure:
        end(arguments, described(failure), document_of(failure))
        return failure.exit_code
    except click.ClickException as mistake:
        mistake.show()
        return mistake.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not try to flush it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.OK
    except Exception as bug:  # noqa: BLE001 - the promise is that nobody ever sees a stack trace
        message = f"pkgctl has made a mistake ({type(bug).__name__}); --debug shows where"
        end(
            arguments,
            message,
            {"error": {"reason": "internal", "message": message, "status": None, "facts": {}}},
        )
        return ExitCode.INTERNAL
    return result if isinstance(result, int) else ExitCode.OK


def end(arguments: Sequence[str], message: str, document: object) -> None:
    """Tell why there is no result: people on stderr, programs on stdout."""
    if "--debug" in arguments:
        traceback.print_exc()
    click.echo(f"error: {message}", err=True)
    if "--json" in arguments:
        click.echo(json.dumps(document, indent=2))
