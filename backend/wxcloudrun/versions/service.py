"""Use cases on versions."""

from dataclasses import dataclass

from wxcloudrun.artifacts.models import Provenance
from wxcloudrun.audit.service.record import record as record_change
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, asking, atomically, reading
from wxcloudrun.kit.errors import Conflict, NotFound, VersionTaken
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.packages.service import FoundPackage, PackageService
from wxcloudrun.versions import queries
from wxcloudrun.versions.models import RetiredVersion, Source, Status, Version
from wxcloudrun.versions.queries import VersionView
from wxcloudrun.versions.rules import version_problem


@dataclass(frozen=True, slots=True)
class NamedVersion:
    """A version name that somebody or something proposes for some bytes."""

    version: str
    source: Source


class VersionService:
    """Gives names to artifacts for ever, shows and deletes them."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def record(
        self,
        tx: Transaction,
        actor: Actor,
        found: FoundPackage,
        named: NamedVersion,
        digest: str,
        provenance: Provenance,
    ) -> None:
        """Make `named` mean these bytes, now and for ever.

        A name that means them already stays as it is; one that waits for its bytes is filled. Raises
        VersionTaken, which names both digests, if the name means or once meant other bytes.
        """
        row = queries.version(tx.session, found.id, named.version)
        if row is not None and row.artifact_id is not None:
            refuse_other_bytes(named.version, row.artifact_id, digest)
            return
        retired = queries.retired(tx.session, found.id, named.version)
        if retired is not None:
            refuse_other_bytes(named.version, retired.digest, digest)
            tx.session.delete(retired)
        if row is None:
            row = Version(
                package_id=found.id,
                version=named.version,
                status=Status.CREATED.value,
                version_source=named.source.value,
                created_at=provenance.deposited_at,
                created_by=provenance.deposited_by,
            )
            tx.session.add(row)
        row.fill(digest, provenance)
        after = {"artifact_id": digest, "source": named.source.value}
        record_change(tx, actor, "version.made", path_of(found, named.version), after=after)
        tx.session.flush()

    def page(self, actor: Actor, project: str, package: str, page: PageRequest[int]) -> Page[VersionView]:
        """List the versions of a package, newest first. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            return queries.page_of_versions(session, found.id, page)

    def get(self, actor: Actor, project: str, package: str, version: str) -> VersionView:
        """Show one version. Raises NotFound."""
        with asking() as reader:
            found = self._packages.enter(reader, actor, project, package, Action.ARTIFACT_READ)
            view = None if version_problem(version) else queries.view(reader, found.id, version)
        if view is None:
            raise NotFound(f"version {version} does not exist")
        return view

    def delete(self, actor: Actor, project: str, package: str, version: str) -> None:
        """Delete a version; its name accepts only its old bytes afterwards.

        Raises NotFound, Forbidden, or Conflict while it is activated.
        """

        def work(tx: Transaction) -> None:
            found = self._packages.enter(tx.session, actor, project, package, Action.VERSION_DELETE)
            row = None if version_problem(version) else queries.version(tx.session, found.id, version)
            if row is None:
                raise NotFound(f"version {version} does not exist")
            self.remove(tx, actor, found, row)

        atomically(work)

    def remove(self, tx: Transaction, actor: Actor, found: FoundPackage, row: Version) -> None:
        """Delete a locked row and retire its name. Raises Conflict while it is activated."""
        if row.status == Status.ACTIVATED.value:
            raise Conflict("this version is activated; deactivate it first", status=row.status)
        if row.artifact_id is not None:
            tx.session.add(
                RetiredVersion(
                    package_id=found.id,
                    version=row.version,
                    digest=row.artifact_id,
                    retired_at=clock.now(),
                )
            )
        before = {"artifact_id": row.artifact_id}
        record_change(tx, actor, "version.deleted", path_of(found, row.version), before=before)
        tx.session.delete(row)


def path_of(found: FoundPackage, version: str) -> str:
    """Return how the audit log calls a version."""
    return f"{found.path}/version/{version}"


def refuse_other_bytes(version: str, existing: str, offered: str) -> None:
    """Raise VersionTaken unless both digests are the same."""
    if existing != offered:
        raise VersionTaken(
            f"version {version} holds other bytes, and a version never changes; use a new version",
            version=version,
            existing=existing,
            offered=offered,
        )
