"""What people do with releases: create, look, retry, activate, deactivate, delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from wxcloudrun.jobs.service.queue import JobQueue
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, Invalid, WrongValue
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.remarks import Remark
from wxcloudrun.kit.security import Action, Actor, OrderedBy
from wxcloudrun.kit.texts import text
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.releases import queries
from wxcloudrun.releases.events import (
    RELEASE_ACTIVATED,
    RELEASE_CREATED,
    RELEASE_DEACTIVATED,
    RELEASE_RETRIED,
)
from wxcloudrun.releases.queries import ReleaseFilter, ReleaseView
from wxcloudrun.releases.rules.assignments import Assignment
from wxcloudrun.releases.rules.sources import Source, UrlSource, written
from wxcloudrun.versions import reads as version_reads
from wxcloudrun.versions.reads import Status, Version
from wxcloudrun.versions.reads import retired as retired_under
from wxcloudrun.versions.service.names import refuse_retired
from wxcloudrun.versions.service.versions import VersionService

OBTAIN = "obtain_release"


@dataclass(frozen=True, slots=True)
class ReleaseSpec:
    """A release that somebody wants; without a source it waits for an upload."""

    project: str
    name: str
    version: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class LogView:
    """What the last attempt to obtain the bytes has said."""

    log: str
    truncated: bool


class UrlRules(Protocol):
    """Knows which URLs the administrator allows."""

    def check(self, url: str) -> str:
        """Return `url` if it may be tried; WrongValue that says why it is not fetched."""


class ReleaseService:
    """Leads releases through their life, on request."""

    def __init__(
        self, *, packages: PackageService, versions: VersionService, jobs: JobQueue, urls: UrlRules
    ) -> None:
        self._packages = packages
        self._versions = versions
        self._jobs = jobs
        self._urls = urls

    def create(self, actor: Actor, spec: ReleaseSpec) -> ReleaseView:
        """Make a release, and the job that obtains its bytes if it has a source.

        The package is made if it is new. Raises NotFound, Forbidden, Invalid for a URL that is not
        allowed, Conflict if the version exists, VersionTaken if it once held other bytes, QuotaReached or
        TooManyJobs.
        """

        def work(tx: Transaction) -> ReleaseView:
            found = self._packages.enter_or_make(tx, actor, spec.project, spec.name, Action.RELEASE_CREATE)
            self._refuse_url(spec.source)
            refuse_existing(tx.session, found, spec)
            row = self._versions.await_bytes(tx, actor, found, spec.version, written(spec.source))
            after = {"release": row.id, "source": row.source}
            announce(tx, actor, RELEASE_CREATED, found.subject("version", spec.version), after=after)
            if row.source is not None:
                self._obtain(tx, actor, row)
            return self._view(tx.session, actor, row.id)

        return atomically(work)

    def page(self, actor: Actor, wanted: ReleaseFilter, page: PageRequest[int]) -> Page[ReleaseView]:
        """List the releases that the caller may see, newest first."""
        with reading() as session:
            return queries.page_of_releases(session, actor, wanted, page)

    def get(self, actor: Actor, release_id: int) -> ReleaseView:
        """Show one release. Raises NotFound."""
        with reading() as session:
            self._enter(session, actor, release_id, Action.ARTIFACT_READ)
            return self._view(session, actor, release_id)

    def log(self, actor: Actor, release_id: int) -> LogView:
        """Show what the last attempt has said; nothing, if there was none. Raises NotFound."""
        with reading() as session:
            self._enter(session, actor, release_id, Action.ARTIFACT_READ)
            kept = queries.log(session, release_id)
            return (
                LogView("", truncated=False) if kept is None else LogView(kept.text.decode(), kept.truncated)
            )

    def retry(self, actor: Actor, release_id: int) -> ReleaseView:
        """Try to obtain the bytes again.

        Raises NotFound, Forbidden, TooManyJobs, or Conflict unless it has failed.
        """

        def work(tx: Transaction) -> ReleaseView:
            found = self._enter(tx.session, actor, release_id, Action.RELEASE_CHANGE)
            row = self._locked(tx, actor, release_id)
            before = {"error": row.error}
            row.retry()
            kept = queries.log(tx.session, release_id)
            if kept is not None:
                tx.session.delete(kept)
            announce(tx, actor, RELEASE_RETRIED, found.subject("version", row.version), before=before)
            self._obtain(tx, actor, row)
            return self._view(tx.session, actor, release_id)

        return atomically(work)

    def activate(self, actor: Actor, release_id: int) -> tuple[ReleaseView, Sequence[Remark]]:
        """Make this release the one that is in use, instead of the one that was.

        One that is in use already stays so, and nothing is recorded. Warns of one that is deprecated or,
        if it was in use before, yanked. Raises NotFound, Forbidden, VersionYanked, Conflict unless its
        bytes are here.
        """

        def work(tx: Transaction) -> tuple[ReleaseView, Sequence[Remark]]:
            found = self._enter(tx.session, actor, release_id, Action.RELEASE_CHANGE)
            # Whoever activates in this package waits here, so that each sees what the one before has done.
            package_reads.package(tx.session, found.id)
            row = self._locked(tx, actor, release_id)
            if row.status != Status.ACTIVATED.value:
                self._switch(tx, actor, found, row)
            return self._view(tx.session, actor, release_id), row.standing.remarks()

        return atomically(work)

    def deactivate(self, actor: Actor, release_id: int) -> ReleaseView:
        """Take this release out of use; one that is not in use, but could be, stays as it is.

        Raises NotFound, Forbidden, Conflict for one that has no bytes.
        """

        def work(tx: Transaction) -> ReleaseView:
            found = self._enter(tx.session, actor, release_id, Action.RELEASE_CHANGE)
            package_reads.package(tx.session, found.id)
            row = self._locked(tx, actor, release_id)
            if row.status != Status.DOWNLOADED.value:
                row.deactivate()
                what, before = found.subject("version", row.version), {"activated": row.version}
                announce(tx, actor, RELEASE_DEACTIVATED, what, before=before, after={"activated": None})
            return self._view(tx.session, actor, release_id)

        return atomically(work)

    def delete(self, actor: Actor, release_id: int) -> list[Remark]:
        """Delete a release; its name accepts only its old bytes afterwards.

        A job that is obtaining its bytes finds nothing to give them to, and ends. Returns a warning if tags
        still point at its bytes. Raises NotFound, Forbidden, or Conflict while it is activated.
        """

        def work(tx: Transaction) -> list[Remark]:
            found = self._enter(tx.session, actor, release_id, Action.RELEASE_DELETE)
            return self._versions.remove(tx, actor, found, self._locked(tx, actor, release_id))

        return atomically(work)

    def _switch(self, tx: Transaction, actor: Actor, found: FoundPackage, row: Version) -> None:
        previous = queries.activated(tx.session, found.id)
        if previous is not None:
            previous.deactivate()
            tx.session.flush()  # the unique column is free only now
            what, was = found.subject("version", previous.version), {"activated": previous.version}
            announce(tx, actor, RELEASE_DEACTIVATED, what, before=was, after={"activated": row.version})
        row.activate(clock.now())
        tx.session.flush()
        before = {"activated": previous.version if previous is not None else None}
        after = {"activated": row.version}
        announce(
            tx, actor, RELEASE_ACTIVATED, found.subject("version", row.version), before=before, after=after
        )

    def _obtain(self, tx: Transaction, actor: Actor, row: Version) -> None:
        assignment = Assignment.to(row, OrderedBy.of(actor))
        self._jobs.ask(tx, OBTAIN, assignment.arguments(), actor=actor)

    def _refuse_url(self, source: Source | None) -> None:
        if not isinstance(source, UrlSource):
            return
        try:
            self._urls.check(source.url)
        except WrongValue as problem:
            raise Invalid.field("source.url", problem.message) from None

    def _enter(self, session: Session, actor: Actor, release_id: int, action: Action) -> FoundPackage:
        what = text("release {release_id}", release_id=release_id)
        found = queries.place(session, release_id, actor.user_id)
        actor.require(action, found.access if found else None, what=what)
        if found is None:
            raise actor.unseen(what)
        return found

    def _locked(self, tx: Transaction, actor: Actor, release_id: int) -> Version:
        row = queries.release(tx.session, release_id)
        if row is None:  # deleted while we waited for the lock
            raise actor.unseen(text("release {release_id}", release_id=release_id))
        return row

    def _view(self, session: Session, actor: Actor, release_id: int) -> ReleaseView:
        session.flush()
        view = queries.view(session, release_id)
        if view is None:
            raise actor.unseen(text("release {release_id}", release_id=release_id))
        return view


def refuse_existing(session: Session, found: FoundPackage, spec: ReleaseSpec) -> None:
    """Raise Conflict if there is such a version, VersionTaken if there once was one of other bytes."""
    existing = version_reads.version(session, found.id, spec.version)
    if existing is not None:
        message = text(
            "version {version} of {package} exists; use a new version",
            version=spec.version,
            package=spec.name,
        )
        raise Conflict(message, id=existing.id, status=existing.status)
    if isinstance(spec.source, UrlSource):
        for retired in retired_under(session, found.id, spec.version):
            refuse_retired(found, spec.version, "", retired, spec.source.sha256)
