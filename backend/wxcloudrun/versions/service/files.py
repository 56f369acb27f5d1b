"""Use cases on the files of a version: list, delete, and say that there will be no more."""

from sqlalchemy.orm import Session

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, NotFound
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.reads import FoundPackage
from wxcloudrun.packages.service import PackageService
from wxcloudrun.versions import queries
from wxcloudrun.versions.errors import SeveralFiles
from wxcloudrun.versions.events import FILE_DELETED, VERSION_SEALED
from wxcloudrun.versions.models import VersionFile
from wxcloudrun.versions.queries import MAX_SHOWN, VersionView
from wxcloudrun.versions.queries.files import FileView, file, page_of_files
from wxcloudrun.versions.queries.retired import is_meant_by_its_version, renew, retire, retire_files
from wxcloudrun.versions.rules.names import is_version
from wxcloudrun.versions.service.names import absent, locked
from wxcloudrun.versions.service.showing import shown_file, shown_version


class FileService:
    """Shows the files of versions, deletes them, and seals versions."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def page(
        self, actor: Actor, project: str, package: str, version: str, page: PageRequest[int]
    ) -> Page[FileView]:
        """List the files of a version in the order in which they came. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            if not is_version(version):
                raise absent(version)
            files = page_of_files(session, found.id, version, page)
            if not files.items and queries.view(session, found.id, version) is None:
                raise absent(version)
        return files

    def get(self, actor: Actor, project: str, package: str, version: str, filename: str) -> FileView:
        """Show one file of a version, with what it says of itself. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            if not is_version(version):
                raise absent(version)
            view = shown_file(session, found, version, filename)
        if view is None:
            raise no_file(version, filename)
        return view

    def several(self, session: Session, found: FoundPackage, version: str) -> SeveralFiles:
        """Return the refusal that shows which files a version has."""
        files = page_of_files(session, found.id, version, PageRequest(MAX_SHOWN)).items
        return SeveralFiles(
            text("version {version} has several files; name one of them behind it", version=version),
            version=version,
            files=files,
        )

    def delete(self, actor: Actor, project: str, package: str, version: str, filename: str) -> None:
        """Delete a file of a version; its name accepts only its old bytes afterwards.

        Raises NotFound, Forbidden, or Conflict while the version is activated, or if others would be left of
        a version that means this file.
        """

        def work(tx: Transaction) -> None:
            found = self._packages.enter(tx.session, actor, project, package, Action.VERSION_DELETE)
            row = locked(tx.session, found, version)
            gone = file(tx.session, row, filename)
            if gone is None:
                raise no_file(version, filename)
            if row.files_count == 1:
                retire(tx.session, [row.id])
            elif is_meant_by_its_version(tx.session, gone):
                raise Conflict(
                    text(
                        "version {version} had {filename} alone before its package took several files, and "
                        "never means another one; delete the other files first, or the version",
                        version=version,
                        filename=filename,
                    )
                )
            else:
                retire_files(tx.session, VersionFile.id == gone.id)
            if row.sealed_at is not None:
                renew(tx.session, row, filename)
            row.uncount_file()
            before = {"filename": filename, "artifact_id": gone.artifact_id}
            announce(tx, actor, FILE_DELETED, found.subject("version", version), before=before)
            tx.session.delete(gone)

        atomically(work)

    def seal(self, actor: Actor, project: str, package: str, version: str) -> VersionView:
        """Let a version take no new file any more, and return it.

        Raises NotFound, Forbidden, or Conflict for one that has no file: it could never get any.
        """

        def work(tx: Transaction) -> VersionView:
            found = self._packages.enter(tx.session, actor, project, package, Action.VERSION_CHANGE)
            row = locked(tx.session, found, version)
            if row.sealed_at is None:
                if not row.files_count:
                    message = text("version {version} has no file yet; upload one first", version=version)
                    raise Conflict(message, status=row.status)
                row.sealed_at = clock.now()
                announce(
                    tx,
                    actor,
                    VERSION_SEALED,
                    found.subject("version", version),
                    after={"files": row.files_count},
                )
            tx.session.flush()
            view = shown_version(tx.session, found, version)
            if view is None:
                raise absent(version)
            return view

        return atomically(work)


def no_file(version: str, filename: str) -> NotFound:
    """Refuse a file that a version does not have, to somebody who may know that."""
    return NotFound(text("version {version} has no file {filename}", version=version, filename=filename))
