"""What a reference means, and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from wxcloudrun.downloads import queries
from wxcloudrun.downloads.queries import Looked
from wxcloudrun.downloads.rules import ACTIVE, Ref, ReferenceKind, ReferenceTarget, is_bare_range, parse_ref
from wxcloudrun.kit.db import Reader, asking, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import Text, joined, text
from wxcloudrun.packages.reads import FoundPackage, Layout
from wxcloudrun.packages.service import PackageService
from wxcloudrun.tags.service.pointing import TagTarget
from wxcloudrun.versions import reads as version_reads
from wxcloudrun.versions.reads import MadeChoice
from wxcloudrun.versions.rules.choices import Choice, Exclusion
from wxcloudrun.versions.rules.names import is_version
from wxcloudrun.versions.service.files import FileService

type CountChoice = Callable[[Actor], object]
"""Counts that somebody lets versions be looked through. Raises TooManyRequests; no SQL."""

NAMED_VERSIONS = 3  # so many of each kind stand in a sentence; the facts name up to 100


@dataclass(frozen=True, slots=True)
class Resolved:
    """The bytes behind a reference; `choice` says how one version was chosen among several."""

    target: ReferenceTarget
    package: FoundPackage
    is_immutable: bool
    choice: Choice | None = None


class ResolveService:
    """Finds what references point at."""

    def __init__(self, *, packages: PackageService, files: FileService, count_choice: CountChoice) -> None:
        self._packages = packages
        self._files = files
        self._count_choice = count_choice

    def resolve(
        self,
        actor: Actor,
        project: str,
        package: str,
        written: str,
        action: Action = Action.ARTIFACT_READ,
    ) -> Resolved:
        """Return what the reference means now, to a caller who may do `action` there.

        Raises Unauthorized, Forbidden, NotFound or RangeNotUnderstood; where versions were looked through
        and none fits, the answer says why each was left out. Raises TooManyRequests if strangers from one
        address ask for too much that has to be looked for.
        """
        ref = parse_ref(written)
        resolved = self._resolve(actor, project, package, ref, action)
        if resolved is None:
            raise nothing_there(written, ref)
        return resolved

    def resolve_file(self, actor: Actor, project: str, package: str, written: str, filename: str) -> Resolved:
        """Return what the reference means now, if its file has this name.

        Raises what `resolve` raises, NotFound also for another name.
        """
        ref = parse_ref(written)
        wanted = None if ref is None else replace(ref, filename=filename)
        resolved = self._resolve(actor, project, package, wanted, Action.ARTIFACT_READ)
        if resolved is None:
            raise nothing_there(written, ref)
        file = self._file(resolved, filename)
        if file is None:
            sentence = text("{reference} has no file called {filename}", reference=written, filename=filename)
            raise NotFound(sentence)
        exact = {ReferenceKind.VERSION, ReferenceKind.ARTIFACT}
        is_exact = ref is not None and ref.kind in exact and not ref.may_choose
        return replace(resolved, target=file, is_immutable=is_exact)

    def file_of_version(
        self, actor: Actor, project: str, package: str, version: str, filename: str
    ) -> Resolved:
        """Return a file of a version by their names, neither of which is read as anything else.

        Raises Unauthorized, NotFound.
        """
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, package, Action.ARTIFACT_READ)
            file = None
            if is_version(version):
                file = queries.file_of_version(reader, found.id, version, filename)
        if file is None:
            raise NotFound(
                text("version {version} has no file {filename}", version=version, filename=filename)
            )
        return Resolved(file, found, is_immutable=True)

    def _resolve(
        self, actor: Actor, project: str, package: str, ref: Ref | None, action: Action
    ) -> Resolved | None:
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, package, action)
            resolved = None if ref is None or ref.may_choose else self._find(reader, found, ref)
        if ref is not None and ref.may_choose:
            resolved = self._find_or_choose(actor, found, ref)
        return resolved

    def bytes_behind(self, actor: Actor, project: str, package: str, written: str) -> Resolved:
        """Return what `resolve` does. Raises what that raises, SeveralFiles if it is not one file."""
        resolved = self.resolve(actor, project, package, written)
        target = resolved.target
        if target.version is not None and target.files_count > 1:
            with reading() as session:
                raise self._files.several(session, resolved.package, target.version)
        return resolved

    def _file(self, resolved: Resolved, filename: str) -> ReferenceTarget | None:
        """Return what has that name: a file of the version that is meant, else the bytes themselves."""
        target, package = resolved.target, resolved.package
        if target.version is None or package.layout is Layout.SINGLE:
            return target if target.original_name == filename else None
        with asking() as reader:
            return queries.file_of_version(reader, package.id, target.version, filename)

    def tag_target(self, actor: Actor, project: str, package: str, written: str, action: Action) -> TagTarget:
        """Return the bytes that the reference means now, and the version, if it means one.

        Raises what `resolve` raises.
        """
        target = self.resolve(actor, project, package, written, action).target
        return TagTarget(target.artifact_id, target.version)

    def _find(self, reader: Reader, found: FoundPackage, ref: Ref) -> Resolved | None:
        if ref.kind is ReferenceKind.TAG:
            return exactly(queries.by_tag(reader, found.id, ref.value), found)
        if ref.kind is ReferenceKind.ARTIFACT:
            return exactly(queries.by_artifact(reader, found.id, ref), found, kind=ref.kind)
        if ref.kind is ReferenceKind.BARE and ref.value == ACTIVE:
            return exactly(queries.active(reader, found.id), found)
        if not is_version(ref.value):
            return None  # a range that may contain anything
        return exactly(queries.by_name(reader, found.id, ref), found)

    def _find_or_choose(self, actor: Actor, found: FoundPackage, ref: Ref) -> Resolved | None:
        """An exact name goes before a range that is written the same way.

        What was chosen the last time is taken only if the statement that reads its bytes also says that
        the package has the same versions as then.
        """
        earlier = version_reads.choice.recall(found.id, ref.value)
        with reading() as session:
            chosen = earlier.choice.chosen if earlier else None
            looked = queries.exact_or_chosen(session, found.id, ref, chosen)
            if looked.is_exact:
                return exactly(looked.target, found)  # without that version it would be a range
            target, fresh = looked.target, None
            if earlier is None or not still_holds(earlier, looked):
                if actor.is_anonymous:
                    self._count_choice(actor)
                fresh = version_reads.choose_among(session, found.id, ref.value, looked.content)
                chosen = fresh.choice.chosen
                target = queries.by_version(session, found.id, chosen) if chosen else None
        version_reads.choice.settle(found.id, ref.value, fresh)
        made = fresh or earlier
        if made is not None and made.choice.chosen is None:
            raise none_fits(ref.value, made.choice)
        choice = None if made is None else made.choice
        return None if target is None else Resolved(target, found, is_immutable=False, choice=choice)


def nothing_there(written: str, ref: Ref | None) -> NotFound:
    """Return the refusal of a reference that leads nowhere: a range is told apart from an absent name."""
    if ref is not None and ref.not_understood is not None:
        return ref.not_understood
    if is_bare_range(written):
        return NotFound(
            text("{reference} is nothing's name here; a range is version:{reference}", reference=written)
        )
    return NotFound(text("reference {reference} does not exist", reference=written))


def none_fits(wanted: str, choice: Choice) -> NotFound:
    """Return the refusal of a range that no version fits; the sentence tells why, the facts tell of each."""
    if not choice.excluded:
        sentence = text("no version fits {wanted}: the package has none", wanted=wanted)
    else:
        reasons = joined(complaints(choice.excluded))
        sentence = text("no version fits {wanted}: {reasons}", wanted=wanted, reasons=reasons)
    return NotFound(sentence, excluded=shown_exclusions(choice))


def complaints(excluded: Sequence[Exclusion]) -> list[Text]:
    """Say which versions were left out for each reason, a few of them by name."""
    by_reason: dict[str, list[str]] = {}
    for each in excluded:
        by_reason.setdefault(each.why, []).append(each.version)
    return [complaint(why, some(versions)) for why, versions in by_reason.items()]


def complaint(why: str, versions: Text | str) -> Text:
    """Say why versions were left out."""
    match why:
        case "prerelease":
            return text("{versions} (prerelease, found by its exact name only)", versions=versions)
        case "outside_range":
            return text("{versions} (outside the range)", versions=versions)
        case "not_ordered":
            return text("{versions} (no order, found by its exact name only)", versions=versions)
        case "yanked":
            return text("{versions} (yanked, found by its exact name only)", versions=versions)
        case "no_bytes":
            return text("{versions} (waits for its bytes)", versions=versions)
        case _:
            return text("{versions} (left out: {reason})", versions=versions, reason=why)


def some(versions: Sequence[str]) -> Text | str:
    """Name the first of several versions."""
    named = ", ".join(versions[:NAMED_VERSIONS])
    return named if len(versions) <= NAMED_VERSIONS else text("{versions} and others", versions=named)


def still_holds(earlier: MadeChoice, looked: Looked) -> bool:
    """Tell whether there are the same versions as when the choice was made, the chosen one with its bytes."""
    return earlier.content == looked.content and (earlier.choice.chosen is None) == (looked.target is None)


def shown_exclusions(choice: Choice) -> list[dict[str, str]]:
    """Return which versions were left out and why, 100 at most."""
    return [{"version": each.version, "why": each.why} for each in choice.excluded]


def exactly(
    target: ReferenceTarget | None, found: FoundPackage, *, kind: ReferenceKind = ReferenceKind.BARE
) -> Resolved | None:
    """Wrap a target that was named and not chosen.

    Bytes never change, and neither does a version that these are all of.
    """
    if target is None:
        return None
    return Resolved(target, found, is_immutable=kind is ReferenceKind.ARTIFACT or target.is_whole)
