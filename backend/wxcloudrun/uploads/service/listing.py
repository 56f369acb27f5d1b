"""The uploads of a package: list them, let go of one."""

from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Conflict, NotFound
from wxcloudrun.kit.events import announce
from wxcloudrun.kit.paging import Page, PageRequest
from wxcloudrun.kit.security import Action, Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.packages.service import PackageService
from wxcloudrun.uploads import queries
from wxcloudrun.uploads.events import UPLOAD_DELETED
from wxcloudrun.uploads.queries import UploadView
from wxcloudrun.uploads.service.acceptance import state_of


class UploadListService:
    """Shows uploads and deletes those that keep their bytes alive themselves."""

    def __init__(self, *, packages: PackageService) -> None:
        self._packages = packages

    def page(self, actor: Actor, project: str, package: str, page: PageRequest[int]) -> Page[UploadView]:
        """List the uploads of a package, newest first. Raises NotFound."""
        with reading() as session:
            found = self._packages.enter(session, actor, project, package, Action.ARTIFACT_READ)
            return queries.page_of_uploads(session, found.id, page)

    def delete(self, actor: Actor, project: str, package: str, upload_id: int) -> None:
        """Let go of an upload that has neither tag nor version; its bytes may be collected then.

        Raises NotFound, Forbidden, or Conflict while a tag or a version that came out of it is its bytes.
        """

        def work(tx: Transaction) -> None:
            found = self._packages.enter(tx.session, actor, project, package, Action.UPLOAD_DELETE)
            upload = queries.upload(tx.session, found.id, upload_id)
            if upload is None:
                raise NotFound(text("there is no such upload"))
            refuse_named(*queries.names_made(tx.session, upload))
            what = found.subject("upload", upload_id)
            announce(tx, actor, UPLOAD_DELETED, what, before=state_of(upload))
            tx.session.delete(upload)

        atomically(work)


def refuse_named(tag: str | None, version: str | None) -> None:
    """Raise Conflict, which says what has to be deleted first, if there is something."""
    if tag is not None and version is not None:
        message = text(
            "version {version} and tag {tag} are what this upload made; delete both first",
            version=version,
            tag=tag,
        )
    elif version is not None:
        message = text("version {version} is what this upload made; delete it first", version=version)
    elif tag is not None:
        message = text("tag {tag} is what this upload made; delete it or move it first", tag=tag)
    else:
        return
    raise Conflict(message, tag=tag, version=version)
