"""What a reference means, and why."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from wxcloudrun.downloads import queries
from wxcloudrun.downloads.rules import ACTIVE, LATEST, Kind, Ref, Target, parse_ref
from wxcloudrun.kit.db import reading
from wxcloudrun.kit.errors import NotFound
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.packages.service import FoundPackage, PackageService
from wxcloudrun.versions import queries as version_queries
from wxcloudrun.versions.rules import Choice, VersionRange, choose


@dataclass(frozen=True, slots=True)
class Resolved:
    """The bytes behind a reference; `choice` says how one version was chosen among several."""

    target: Target
    package: FoundPackage
    is_immutable: bool
    choice: Choice | None = None


class ResolveService:
    """Finds what references point at."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def resolve(self, actor: Actor, project: str, package: str, text: str) -> Resolved:
        """Return what the reference means now.

        Raises Unauthorized or NotFound; where versions were looked through and none fits, the answer
        says why each was left out.
        """
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            ref = parse_ref(text)
            resolved = self._find(session, found, ref) if ref is not None else None
        if resolved is None:
            raise NotFound(f"reference {text} does not exist")
        return resolved

    def _find(self, session: Session, found: FoundPackage, ref: Ref) -> Resolved | None:
        if ref.kind is Kind.TAG:
            return exactly(queries.by_tag(session, found.id, ref.value), found)
        if ref.kind is Kind.ARTIFACT:
            return exactly(queries.by_artifact(session, found.id, ref.value), found, is_immutable=True)
        if ref.kind is Kind.VERSION:
            return self._find_version(session, found, ref)
        return self._find_bare(session, found, ref)

    def _find_version(self, session: Session, found: FoundPackage, ref: Ref) -> Resolved | None:
        """An exact name goes before a range that is written the same way."""
        target = queries.by_version(session, found.id, ref.value)
        if target is None and ref.wanted is not None:
            return self._choose(session, found, ref.wanted)
        return exactly(target, found, is_immutable=True)

    def _find_bare(self, session: Session, found: FoundPackage, ref: Ref) -> Resolved | None:
        if ref.value == ACTIVE:
            return exactly(queries.active(session, found.id), found)
        target = queries.by_bare_name(session, found.id, ref.value)
        if target is None and ref.value == LATEST:
            return self._choose(session, found, None)
        return exactly(target, found)

    def _choose(self, session: Session, found: FoundPackage, wanted: VersionRange | None) -> Resolved | None:
        choice = choose(version_queries.candidates(session, found.id), wanted)
        if choice.chosen is None:
            raise NotFound("no version fits", excluded=shown_exclusions(choice))
        target = queries.by_version(session, found.id, choice.chosen.version)
        return None if target is None else Resolved(target, found, is_immutable=False, choice=choice)


MAX_SHOWN = 100


def shown_exclusions(choice: Choice) -> list[dict[str, str]]:
    """Return which versions were left out and why, 100 at most."""
    return [{"version": each.version, "why": each.why} for each in choice.excluded[:MAX_SHOWN]]


def exactly(target: Target | None, found: FoundPackage, *, is_immutable: bool = False) -> Resolved | None:
    """Wrap a target that was named and not chosen."""
    return None if target is None else Resolved(target, found, is_immutable)
