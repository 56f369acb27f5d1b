"""Files in, artifacts out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
from rich.filesize import decimal

from pkgctl.addresses import SHA256, PackagePath, PackageRef, path
from pkgctl.api import Api
from pkgctl.commands.files import files_of_version
from pkgctl.commands.uploads import kept_sentence
from pkgctl.errors import ExitCode, LocalProblem, Refused
from pkgctl.failures import described
from pkgctl.invocation import Invocation, pass_invocation
from pkgctl.options import REF, RegistryCommand, package_argument, without_none
from pkgctl.transfers.download import Downloader, Fetched, Target
from pkgctl.transfers.files import LocalFile, named_files
from pkgctl.transfers.progress import display
from pkgctl.transfers.retrying import DEFAULT_RETRIES
from pkgctl.transfers.trees import Tree
from pkgctl.transfers.unfinished import UnfinishedUploads
from pkgctl.transfers.upload import Kind, Outcome, Uploader, UploadOptions

DEFAULT_AT_ONCE = 4
DONE: dict[Kind, str] = {
    "sent": "sent",
    "linked": "linked",
    "present": "there already",
    "failed": "failed",
    "not_tried": "not tried",
}

retries_option = click.option(
    "--retries", type=click.IntRange(0, 100), default=DEFAULT_RETRIES, metavar="N",
    help=f"Try again so often after a lost connection. [{DEFAULT_RETRIES}]",
)  # fmt: skip


@click.command(cls=RegistryCommand)
@package_argument
@click.argument("files", nargs=-1, required=True)
@click.option("--tag", help="Point this tag at the file.")
@click.option("--version", help="The version; without it the service reads it from the file or its name.")
@click.option(
    "--jobs", "-j", "at_once", type=click.IntRange(1, 32), default=DEFAULT_AT_ONCE, metavar="N",
    help=f"So many files, and parts of large ones, at once. [{DEFAULT_AT_ONCE}]",
)  # fmt: skip
@click.option("--create", is_flag=True, help="Make the package if it is new.")
@click.option(
    "--layout", type=click.Choice(["single", "files"]),
    help="How many files a version has in a new package: one, or several, as for a folder or several files "
    "of one --version.",
)  # fmt: skip
@click.option(
    "--allow-unversioned", is_flag=True, help="Be content if a file's version is taken by other bytes."
)
@retries_option
@pass_invocation
def upload(
    invocation: Invocation,
    /,
    package: PackagePath,
    files: tuple[str, ...],
    *,
    create: bool,
    layout: str | None,
    **options: Any,
) -> None:
    """Put files into a package: files, folders, patterns. What is there already is not sent again.

    "linked" is a file whose bytes the service has elsewhere, where you may read them: they are not sent.
    A folder makes a new package one of the layout files, whose versions have many.
    An upload of a large file that was interrupted goes on where it was when the command is run again.
    """
    if layout and not create:
        raise click.UsageError("--layout is for a package that --create makes")
    named = named_files(files)
    found = found_package(invocation, package, may_lack=create)
    if found is None:
        layout = layout or fitting_layout(files, named, options["version"])
        # Wrong usage leaves nothing behind, so it is found before the package is made.
        refuse_names(package, len(named), options, layout=layout or "files")
        found = made_package(invocation, package, layout)
    keeps_paths = found["layout"] == "files"
    refuse_names(package, len(named), options, layout=found["layout"])
    # Of several files the tag comes last: whoever follows it must find all of them.
    tag_last = options["tag"] if len(named) > 1 else None
    tag = None if tag_last else options["tag"]
    wanted = UploadOptions(package, tag, options["version"], options["allow_unversioned"], keeps_paths)
    outcomes = sent(invocation, wanted, named, options)
    if tag_last and all(outcome.failure is None and outcome.answer for outcome in outcomes):
        invocation.api.call("PUT", package.path("tags", tag_last), body={"version": options["version"]})
    if keeps_paths:
        warn_of_no_version(invocation, outcomes)
    conclude(invocation, package, outcomes)


def sent(
    invocation: Invocation, wanted: UploadOptions, named: Sequence[LocalFile], options: Mapping[str, Any]
) -> list[Outcome]:
    """Upload files, and tell of each what came of it."""
    told: list[Outcome] = []
    with display(invocation.screen) as shown:
        uploader = Uploader(
            invocation.api,
            wanted,
            shown,
            retries=options["retries"],
            unfinished=UnfinishedUploads(invocation.profiles.folder, invocation.screen.warn),
        )
        # Where bars move, lines would tear them.
        tell = told.append if invocation.screen.is_animated else lambda each: tell_of(invocation, each)
        outcomes = uploader.upload_all(named, at_once=options["at_once"], tell=tell)
    for outcome in told:
        tell_of(invocation, outcome)
    return outcomes


def warn_of_no_version(invocation: Invocation, outcomes: Sequence[Outcome]) -> None:
    """Say which files went in where files belong to versions, and got none."""
    names = [str(each.answer["original_name"]) for each in outcomes if is_bare(each.answer)]
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        invocation.screen.warn(f"{names[0]}{more} went in without a version; --version names one")


def is_bare(answer: dict[str, Any]) -> bool:
    """Tell whether a file was taken that neither was given a version nor shows one."""
    return bool(answer) and answer["version"] is None and answer["version_conflict"] is None


def refuse_names(package: PackagePath, count: int, options: dict[str, Any], *, layout: str) -> None:
    """Raise UsageError if so many files cannot have one version or one tag."""
    if count <= 1 or not (options["tag"] or options["version"]):
        return
    if layout != "files":
        raise click.UsageError(
            f"a tag or version names one file, and these are {count};"
            f" several take a package of the layout files (pkgctl packages update {package} --layout files)"
        )
    if not options["version"]:
        raise click.UsageError("the tag of several files needs --version")


def found_package(invocation: Invocation, package: PackagePath, *, may_lack: bool) -> dict[str, Any] | None:
    """Return the package, None if it is not there and need not be. Raises CommandFailed."""
    try:
        found: dict[str, Any] = invocation.api.get(package.itself)
    except Refused as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        if may_lack:
            return None
        hint = f"there is no package {package} that you can see; --create makes it"
        raise Refused(hint, refusal.status, refusal.facts) from refusal
    return found


def fitting_layout(arguments: Sequence[str], files: Sequence[LocalFile], version: str | None) -> str | None:
    """Return the layout that files need: `files` for a folder or for many of one version, None for any."""
    is_build = any(Path(each).is_dir() for each in arguments) or (version is not None and len(files) > 1)
    return "files" if is_build else None


def made_package(invocation: Invocation, package: PackagePath, layout: str | None) -> dict[str, Any]:
    """Make the package and return it, also if somebody else has made it meanwhile. Raises CommandFailed."""
    body = without_none(name=package.package, layout=layout)
    try:
        made: dict[str, Any] = invocation.api.post(path("project", package.project, "packages"), body)
    except Refused as refusal:
        if refusal.status != HTTPStatus.CONFLICT:
            raise
        made = invocation.api.get(package.itself)
    return made


def tell_of(invocation: Invocation, outcome: Outcome) -> None:
    """Say what became of one file."""
    if not invocation.as_json and outcome.answer:
        click.echo(sentence_of(outcome))
    if outcome.failure is not None:
        click.echo(f"error: {outcome.file}: {described(outcome.failure)}", err=True)


def sentence_of(outcome: Outcome) -> str:
    """Describe a file that the service has now."""
    answer = outcome.answer
    size = decimal(answer["size"])
    done = f"{DONE[outcome.kind]} ({size})"
    if outcome.kind == "sent":
        done = f"sent {size}{kept_sentence(outcome.kept)}"
    parts = [f"{answer['original_name']}: {done}"]
    if answer["version"] is not None:
        parts.append(f"version {answer['version']}")
    elif answer["version_conflict"] is not None:
        parts.append(f"no version: {answer['version_conflict']} has other bytes")
    if answer["tag"] is not None:
        parts.append(f"tag {answer['tag']}")
    return ", ".join([*parts, f"sha256 {answer['sha256'][:12]}"])


def conclude(invocation: Invocation, package: PackagePath, outcomes: Sequence[Outcome]) -> None:
    """Show the sum, and end with the exit code of what went wrong first."""
    if invocation.as_json:
        invocation.screen.document(
            {"package": str(package), "files": [as_document(outcome) for outcome in outcomes]}
        )
    elif len(outcomes) > 1:
        kinds = [outcome.kind for outcome in outcomes]
        counts = (f"{kinds.count(kind)} {word}" for kind, word in DONE.items() if kind in kinds)
        invocation.screen.say(f"{package}: " + ", ".join(counts))
    failures = [outcome.failure for outcome in outcomes if outcome.failure is not None]
    click.get_current_context().exit(failures[0].exit_code if failures else ExitCode.OK)


def as_document(outcome: Outcome) -> dict[str, Any]:
    """Write an outcome for a program."""
    document: dict[str, Any] = {"file": str(outcome.file), "outcome": outcome.kind, "kept": outcome.kept}
    if outcome.failure is not None:
        document["error"] = {
            "reason": outcome.failure.reason,
            "message": outcome.failure.message,
            "status": outcome.failure.status,
        }
    return document | ({"upload": outcome.answer} if outcome.answer else {})


@click.command(cls=RegistryCommand)
@click.argument("ref", type=REF, metavar="PROJECT/PACKAGE[@REF]")
@click.option("--output", "-o", metavar="PATH", help="A file, which is replaced, or a folder.")
@click.option("--all", "is_whole", is_flag=True, help="Fetch every file of the version into the folder -o.")
@click.option("--sha256", metavar="DIGEST", help="Accept nothing but this artifact.")
@click.option("--force", is_flag=True, help="Replace a file that has other content.")
@retries_option
@pass_invocation
def download(
    invocation: Invocation, /, ref: PackageRef, output: str | None, *, is_whole: bool, **options: Any
) -> None:
    """Fetch an artifact, or all files of a version, and check each SHA-256 before the file appears.

    REF is a tag, a version, a SHA-256, version:RANGE (such as version:^1.2), latest (default) or active.
    A download that was interrupted goes on where it stopped when the command is run again.
    """
    expected = options["sha256"]
    if expected is not None and not SHA256.fullmatch(expected):
        raise click.BadParameter("give 64 lower-case hex digits", param_hint="--sha256")
    if is_whole and expected is not None:
        raise click.UsageError("--sha256 is for one file; those of --all come with their digests")
    with display(invocation.screen) as shown:
        downloader = Downloader(invocation.api, shown, retries=options["retries"])
        try:
            if is_whole:
                tell_of_tree(
                    invocation,
                    fetch_tree(invocation.api, downloader, ref, Tree(Path(output or "."), options["force"])),
                )
                return
            fetched = fetch_one(downloader, ref, Target(output, options["force"]), expected)
        except OSError as error:
            raise LocalProblem(f"cannot write: {error.strerror}", reason="unwritable") from error
    invocation.screen.done(fetched_document(ref, fetched), fetched_sentence(fetched))


def fetch_one(downloader: Downloader, ref: PackageRef, target: Target, expected: str | None) -> Fetched:
    """Fetch the file that a reference means. Raises CommandFailed, which of several says how to get each."""
    try:
        return downloader.fetch(ref, target, expected)
    except Refused as refusal:
        if refusal.reason != "several_files" or refusal.status is None:
            raise
        ways = f"--all fetches all of them, {ref}/FILE one of these"
        raise Refused(f"{ref} has several files; {ways}", refusal.status, refusal.facts) from refusal


def fetch_tree(
    api: Api, downloader: Downloader, ref: PackageRef, tree: Tree
) -> Iterator[tuple[PackageRef, Fetched]]:
    """Fetch every file of the version that a reference means, once all their paths are known to be good.

    Raises CommandFailed.
    """
    version, files = files_of_version(api, ref)
    places = [(each, tree.place(str(each["filename"]))) for each in files]
    for each, place in places:
        exactly = PackageRef(ref.name, f"version:{version}/{each['filename']}")
        yield exactly, downloader.fetch(exactly, place, str(each["sha256"]))


def tell_of_tree(invocation: Invocation, fetched: Iterable[tuple[PackageRef, Fetched]]) -> None:
    """Say what was fetched, file by file, or in one document."""
    documents = []
    for ref, each in fetched:
        documents.append(fetched_document(ref, each))
        if not invocation.as_json:
            click.echo(fetched_sentence(each))
    if invocation.as_json:
        invocation.screen.document({"files": documents})


def fetched_sentence(fetched: Fetched) -> str:
    """Say what was fetched."""
    digest = f"sha256 {fetched.offer.sha256[:12]}"
    if fetched.was_there:
        return f"{fetched.path}: there already, {digest} verified"
    rest = f", resumed at {decimal(fetched.resumed_at)}" if fetched.resumed_at else ""
    return f"{fetched.path}: {decimal(fetched.offer.size)}{rest}, {digest} verified"


def fetched_document(ref: PackageRef, fetched: Fetched) -> dict[str, Any]:
    """Write the same for a program."""
    return {
        "ref": str(ref),
        "path": str(Path(fetched.path)),
        "sha256": fetched.offer.sha256,
        "size": fetched.offer.size,
        "transferred": fetched.transferred,
        "resumed_at": fetched.resumed_at,
        "was_there": fetched.was_there,
    }
