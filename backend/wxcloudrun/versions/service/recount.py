"""Whether the rows of versions say how many files they have; for the check of rows against objects."""

from collections.abc import Sequence
from itertools import islice

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import SYSTEM
from wxcloudrun.packages import reads as package_reads
from wxcloudrun.versions.events import VERSION_RECOUNTED
from wxcloudrun.versions.models import Version
from wxcloudrun.versions.queries.files import Miscounted, miscounted, to_recount


def count_state(row: Version) -> dict[str, str | int]:
    """Return what the audit log says of a version whose files are counted anew."""
    return {"files_count": row.files_count, "status": row.status}


class FileCounts:
    """Compares what versions say with what they have."""

    def miscounted_versions(self, limit: int) -> Sequence[Miscounted]:
        """Return versions whose rows say another number of files than they have, so many at most."""
        with reading() as session:
            return list(islice(miscounted(session), limit))

    def recount(self, version_id: int) -> bool:
        """Let a version say how many files it has; False if it does so by now, or has gone."""

        def work(tx: Transaction) -> bool:
            found = to_recount(tx.session, version_id)
            if found is None or found[0].files_count == found[1]:
                return False
            row, files = found
            before = count_state(row)
            row.recount(files, clock.now())
            place = package_reads.place_of(tx.session, row.package_id, None)
            # What is in a package that was just deleted has no name any more.
            what = (
                place.subject("version", row.version)
                if place
                else Subject(f"version/{row.id}", row.package_id)
            )
            announce(tx, SYSTEM, VERSION_RECOUNTED, what, before=before, after=count_state(row))
            return True

        return atomically(work)
