"""What a reference means, and why."""

from dataclasses import dataclass

from wxcloudrun.downloads import queries
from wxcloudrun.downloads.queries import Looked
from wxcloudrun.downloads.rules import ACTIVE, Kind, Ref, Target, parse_ref
from wxcloudrun.kit.db import Reader, asking, reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.packages.service import FoundPackage, PackageService
from wxcloudrun.versions import queries as version_queries
from wxcloudrun.versions.queries import MadeChoice


@dataclass(frozen=True, slots=True)
class Resolved:
    """The bytes behind a reference; `choice` says how one version was chosen among several."""

    target: Target
    package: FoundPackage
    is_immutable: bool
    choice: MadeChoice | None = None


class ResolveService:
    """Finds what references point at."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def resolve(self, actor: Actor, project: str, package: str, text: str) -> Resolved:
        """Return what the reference means now.

        Raises Unauthorized or NotFound; where versions were looked through and none fits, the answer
        says why each was left out.
        """
        ref = parse_ref(text)
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, package, Action.ARTIFACT_READ)
            resolved = None if ref is None or ref.may_choose else self._find(reader, found, ref)
        if ref is not None and ref.may_choose:
            resolved = self._find_or_choose(found, ref)
        if resolved is None:
            raise NotFound(f"reference {text} does not exist")
        return resolved

    def _find(self, reader: Reader, found: FoundPackage, ref: Ref) -> Resolved | None:
        if ref.kind is Kind.TAG:
            return exactly(queries.by_tag(reader, found.id, ref.value), found)
        if ref.kind is Kind.ARTIFACT:
            return exactly(queries.by_artifact(reader, found.id, ref.value), found, is_immutable=True)
        if ref.kind is Kind.BARE and ref.value == ACTIVE:
            return exactly(queries.active(reader, found.id), found)
        target = queries.by_name(reader, found.id, ref)
        return exactly(target, found, is_immutable=ref.kind is Kind.VERSION)

    def _find_or_choose(self, found: FoundPackage, ref: Ref) -> Resolved | None:
        """An exact name goes before a range that is written the same way.

        What was chosen the last time is taken only if the statement that reads its bytes also says that
        the package has the same versions as then.
        """
        earlier = version_queries.choice.recall(found.id, ref.value)
        with reading() as session:
            looked = queries.exact_or_chosen(session, found.id, ref, earlier.chosen if earlier else None)
            if looked.is_exact:
                return exactly(looked.target, found, is_immutable=ref.kind is Kind.VERSION)
            target, fresh = looked.target, None
            if earlier is None or not still_holds(earlier, looked):
                fresh = version_queries.choice(session, found.id, ref.value)
                target = queries.by_version(session, found.id, fresh.chosen) if fresh.chosen else None
        version_queries.choice.settle(found.id, ref.value, fresh)
        choice = fresh or earlier
        if choice is not None and choice.chosen is None:
            raise NotFound("no version fits", excluded=shown_exclusions(choice))
        return None if target is None else Resolved(target, found, is_immutable=False, choice=choice)


def still_holds(earlier: MadeChoice, looked: Looked) -> bool:
    """Tell whether there are the same versions as when the choice was made, the chosen one with its bytes."""
    return earlier.content == looked.content and (earlier.chosen is None) == (looked.target is None)


def shown_exclusions(choice: MadeChoice) -> list[dict[str, str]]:
    """Return which versions were left out and why, 100 at most."""
    return [{"version": each.version, "why": each.why} for each in choice.excluded]


def exactly(target: Target | None, found: FoundPackage, *, is_immutable: bool = False) -> Resolved | None:
    """Wrap a target that was named and not chosen."""
    return None if target is None else Resolved(target, found, is_immutable)
