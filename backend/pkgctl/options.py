"""The options that every command takes, the shapes of arguments, and groups whose bare name is a list."""

from collections.abc import Callable, Sequence
from typing import Any, override

import click

from pkgctl.addresses import PackagePath, PackageRef, parse_package, parse_ref, split_ref
from pkgctl.invocation import Invocation

DEFAULT_ENTRIES = 50  # of lists that grow with time; lists of names are shown whole
FIELDS = {"server": "given_server", "token": "given_token"}


def remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Note a common option; nearer to the command beats farther from it."""
    if value is not None and value is not False and value != "":
        invocation = context.ensure_object(Invocation)
        setattr(invocation, FIELDS.get(parameter.name or "", parameter.name or ""), value)


def common_options(*, from_environment: bool) -> list[click.Parameter]:
    """Return the options; the environment counts once, at the root, so that any option beats it."""
    variables = ("PKGCTL_URL", "PKGCTL_TOKEN") if from_environment else (None, None)
    shared: dict[str, Any] = {"expose_value": False, "callback": remember}
    return [
        click.Option(
            ["--server"], metavar="URL", envvar=variables[0], **shared,
            help="The service. [PKGCTL_URL; else that of the last login; else http://127.0.0.1:8080]",
        ),
        click.Option(
            ["--token"], metavar="TOKEN", envvar=variables[1], **shared,
            help="An API key; others can see it among the processes, unlike PKGCTL_TOKEN.",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document.", **shared),
        click.Option(["--quiet", "-q"], is_flag=True, help="Print results and errors only.", **shared),
        click.Option(["--debug"], is_flag=True, hidden=True, **shared),
    ]  # fmt: skip


class RegistryCommand(click.Command):
    """A command that takes the common options too."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.params += common_options(from_environment=False)


class RegistryGroup(click.Group):
    """Commands about one thing; without a known command it is `list`: `pkgctl tags tools/hammer`."""

    command_class = RegistryCommand

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` in front of what names no command."""
        # While a shell completes a line, the word that is not there yet may become any command.
        may_differ = ctx.resilient_parsing or (bool(args) and args[0] in ctx.help_option_names)
        if "list" in self.commands and not may_differ and (not args or args[0] not in self.commands):
            args = ["list", *args]
        return super().parse_args(ctx, args)


class Parsed[T](click.ParamType[T | Any]):
    """An argument that a function reads, which raises ValueError."""

    def __init__(self, name: str, parse: Callable[[str], T]) -> None:
        self.name = name
        self._parse = parse

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


PACKAGE: Parsed[PackagePath] = Parsed("PROJECT/PACKAGE", parse_package)
REF: Parsed[PackageRef] = Parsed("PROJECT/PACKAGE[@REF]", parse_ref)
package_argument = click.argument("package", type=PACKAGE, metavar="PROJECT/PACKAGE")
NAMED_VERSION = "PROJECT/PACKAGE@VERSION"


def split_version(words: Sequence[str]) -> tuple[PackageRef, list[str]]:
    """Read `PROJECT/PACKAGE@VERSION`, or `PROJECT/PACKAGE VERSION`, and return the words after it too.

    Raises BadParameter, and UsageError if no version is named.
    """
    try:
        name, version = split_ref(words[0])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=NAMED_VERSION) from error
    rest = list(words[1:])
    if version is None:
        if not rest:
            raise click.UsageError(f"{name} names no version; write {name}@VERSION")
        version = rest.pop(0)
    return PackageRef(name, version), rest


def read_version(context: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> PackageRef:
    """Read the words that name one version. Raises UsageError for more than that."""
    del parameter
    version, rest = split_version(words)
    if rest:
        raise click.UsageError(f"Got unexpected extra argument ({rest[0]})", context)
    return version


version_argument = click.argument(
    "version", nargs=-1, required=True, metavar=NAMED_VERSION, callback=read_version
)


def limit_option(default: int) -> Callable[[Any], Any]:
    """Return the option that bounds a list; 0 stands for all of it."""
    shown = "all" if default == 0 else str(default)
    return click.option(
        "--limit", type=click.IntRange(min=0), default=default, help=f"At most so many; 0: all. [{shown}]"
    )


def bound(limit: int) -> int | None:
    """Return a limit as the service's list takes it."""
    return limit or None


def without_none(**values: Any) -> dict[str, Any]:
    """Return a body: what was not said is left out."""
    return {name: value for name, value in values.items() if value is not None}
