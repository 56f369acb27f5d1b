"""Whether the rows of versions say how many files they have; for the check of rows against objects."""

from collections.abc import Sequence
from itertools import islice

from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.versions.queries.files import Miscounted, miscounted, to_recount


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
            found[0].recount(found[1], clock.now())
            return True

        return atomically(work)
