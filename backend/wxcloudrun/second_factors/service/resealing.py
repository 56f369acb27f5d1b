"""Sealing the secrets of second factors anew, so that nobody is locked out with a secret of the server."""

from dataclasses import dataclass
from functools import partial

from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.second_factors import queries
from wxcloudrun.second_factors.service.secrets import FactorSecrets

BATCH = 500


@dataclass(frozen=True, slots=True)
class SealedSecrets:
    """How many secrets the newest key has sealed, and how many another one, known or not."""

    under_newest: int
    under_others: int


class ResealingService:
    """Counts the secrets that an older key has sealed, and seals them under the newest."""

    def __init__(self, *, secrets: FactorSecrets) -> None:
        self._secrets = secrets

    def count(self) -> SealedSecrets:
        """Return how many there are of each kind."""
        last_id, newest, total = 0, 0, 0
        while True:
            with reading() as session:
                some = queries.sealed_secrets(session, after_id=last_id, limit=BATCH)
            newest += sum(self._secrets.is_newest(sealed) for sealed in some.values())
            total += len(some)
            if len(some) < BATCH:
                return SealedSecrets(newest, total - newest)
            last_id = max(some)

    def reseal(self) -> int:
        """Seal all that is not under the newest key yet; return how many those were.

        What no accepted key opens stays as it is: it opens again if its secret is given back.
        """
        last_id: int | None = 0
        done = 0
        while last_id is not None:
            resealed, last_id = atomically(partial(self._reseal_some, after_id=last_id))
            done += resealed
        return done

    def _reseal_some(self, tx: Transaction, *, after_id: int) -> tuple[int, int | None]:
        some, done = queries.lock_some(tx.session, after_id=after_id, limit=BATCH), 0
        for row in some:
            if self._secrets.is_newest(row.sealed_secret):
                continue
            if (secret := self._secrets.unseal(row.sealed_secret)) is not None:
                row.sealed_secret = self._secrets.seal(secret)
                done += 1
        return done, some[-1].user_id if len(some) == BATCH else None
