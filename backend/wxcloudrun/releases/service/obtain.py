"""Obtaining the bytes of a release: from its source into the store, then one transaction for all rows.

Whoever is killed on the way leaves a job whose lease runs out and an object that no row names: another
worker does the job again, and the sweeper takes the object.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from wxcloudrun.artifacts.models import Provenance
from wxcloudrun.artifacts.service.content import ContentService, Examined, Received
from wxcloudrun.audit.service.record import record
from wxcloudrun.jobs.errors import JobFailed
from wxcloudrun.jobs.service.context import JobContext
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import TooLarge, Unavailable, VersionTaken
from wxcloudrun.kit.security import SYSTEM
from wxcloudrun.packages.service import FoundPackage
from wxcloudrun.releases import queries
from wxcloudrun.releases.errors import NotObtained, NotThisTime
from wxcloudrun.releases.gateway.port import Material, SourceGateway, Wanted, Watch
from wxcloudrun.releases.rules.sources import read
from wxcloudrun.releases.service.notebook import Notebook
from wxcloudrun.uploads.rules import file_name_problem, settled_content_type
from wxcloudrun.versions.models import Source as NameSource
from wxcloudrun.versions.models import Status
from wxcloudrun.versions.service import NamedVersion, VersionService, path_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gift:
    """Bytes that have come for a release, and what they are called."""

    received: Received
    filename: str
    content_type: str


class ObtainService:
    """Does the jobs that releases with a source put down."""

    def __init__(
        self, *, content: ContentService, versions: VersionService, gateways: Mapping[str, SourceGateway]
    ) -> None:
        self._content = content
        self._versions = versions
        self._gateways = gateways

    def run(self, context: JobContext, release_id: int) -> dict[str, Any] | None:
        """Obtain the bytes of a release and give them to it, unless it has some by now.

        Raises JobFailed, or Unavailable if another attempt may succeed.
        """
        wanted = self._wanted(release_id)
        if wanted is None:
            return {"release_id": release_id, "outcome": "not wanted any more"}
        notebook = Notebook(context, release_id)
        try:
            gift = self._receive(wanted, notebook)
        except (NotObtained, NotThisTime) as error:
            notebook.log.say(str(error))
            notebook.keep()
            if isinstance(error, NotThisTime) and not context.is_last_attempt:
                raise Unavailable(str(error)) from error
            raise JobFailed(str(error)) from error
        self._hand_over(context, release_id, gift, notebook)
        return None

    def give_up(self, tx: Transaction, release_id: int, message: str) -> None:
        """Let the release have failed, in the transaction in which its job does.

        One that was filled or deleted in the meantime is left alone.
        """
        place, row = queries.place(tx.session, release_id, None), queries.release(tx.session, release_id)
        if place is None or row is None or row.status != Status.CREATED.value:
            return
        row.fail(message)
        what = path_of(FoundPackage(place.package_id, place.package, place.access), row.version)
        record(tx, SYSTEM, "release.failed", what, after={"error": row.error})

    def _wanted(self, release_id: int) -> Wanted | None:
        with reading() as session:
            view = queries.view(session, release_id)
        source = None if view is None else read(view.source)
        if view is None or source is None or view.status != Status.CREATED.value:
            return None
        return Wanted(view.name, view.version, source)

    def _receive(self, wanted: Wanted, notebook: Notebook) -> Gift:
        """Stream the bytes into the store. Raises NotObtained, NotThisTime; then nothing remains."""
        gateway = self._gateways[wanted.source.type]
        with gateway.obtain(wanted, Watch(notebook.log, notebook.look)) as material:
            try:
                self._content.refuse_size(material.announced_bytes)
                received = self._content.receive(material.blocks)
            except TooLarge as error:
                raise NotObtained(error.message) from error
            problem = disappointment(material, received)
            if problem is not None:
                self._content.discard(received.key)
                raise NotObtained(problem)
        name = material.filename
        if file_name_problem(name) is not None:
            name = f"{wanted.name}-{wanted.version}"
        return Gift(received, name, settled_content_type(material.content_type, name))

    def _hand_over(self, context: JobContext, release_id: int, gift: Gift, notebook: Notebook) -> None:
        """Give the bytes to the release and end the job, or neither."""
        measured = gift.received.measured
        notebook.log.say(f"received {measured.size_bytes} bytes with the SHA-256 {measured.sha256}")
        try:
            examined = self._content.examine(gift.received)
            surplus_key = atomically(
                lambda tx: self._write(tx, context, release_id, gift, examined, notebook)
            )
        except SQLAlchemyError:
            # The commit may have happened although we were not told: the sweeper judges, we do not.
            logger.warning("commit_outcome_unknown", extra={"key": gift.received.key})
            raise
        except VersionTaken as error:
            self._content.discard(gift.received.key)
            notebook.log.say(error.message)
            notebook.keep()
            raise JobFailed(error.message) from error
        except BaseException:
            self._content.discard(gift.received.key)
            raise
        if surplus_key is not None:
            self._content.remove_surplus(surplus_key)

    def _write(
        self,
        tx: Transaction,
        context: JobContext,
        release_id: int,
        gift: Gift,
        examined: Examined,
        notebook: Notebook,
    ) -> str | None:
        """Write every row; return the key of an object that is not needed. Raises LeaseLost, VersionTaken."""
        context.hold(tx)
        place, row = queries.place(tx.session, release_id, None), queries.release(tx.session, release_id)
        if place is None or row is None:
            self._content.end_lease(tx, gift.received.key)
            context.finish(tx, {"release_id": release_id, "outcome": "deleted in the meantime"})
            return gift.received.key
        adopted = self._content.adopt(tx, gift.received, examined)
        found = FoundPackage(place.package_id, place.package, place.access)
        named = NamedVersion(row.version, NameSource.EXPLICIT)
        provenance = Provenance(gift.filename, gift.content_type, clock.now(), row.created_by)
        self._versions.record(tx, SYSTEM, found, named, adopted.artifact.id, provenance)
        notebook.keep_within(tx)
        context.finish(tx, {"release_id": release_id, "artifact_id": adopted.artifact.id})
        return adopted.surplus_key


def disappointment(material: Material, received: Received) -> str | None:
    """Say why the bytes that came are not those that were wanted, None if they are."""
    actual = received.measured.sha256
    if material.sha256 is not None and material.sha256 != actual:
        return f"the bytes have the SHA-256 {actual}, not the one that was asked for, {material.sha256}"
    if received.measured.size_bytes == 0:
        return "the source gave an empty file"
    return None
