"""How the secrets of second factors are kept: sealed, because the service itself has to read them again."""

from collections.abc import Sequence

from wxcloudrun.second_factors.rules import plain_recovery_code
from wxcloudrun.secrecy.derived_keys import HashAndKey, Purpose, ServerKeys
from wxcloudrun.secrecy.sealing import Sealing


class FactorSecrets:
    """Seals secrets and hashes recovery codes, each under a key that is for nothing else."""

    def __init__(self, keys: ServerKeys) -> None:
        self._seals = Sealing(keys.ring(Purpose.SECOND_FACTORS))
        self._codes = keys.ring(Purpose.RECOVERY_CODES)

    def seal(self, secret: str) -> str:
        """Return what is stored of a secret."""
        return self._seals.seal(secret)

    def unseal(self, sealed: str) -> str | None:
        """Return the secret; None if it was sealed under a key that is accepted no more."""
        return self._seals.unseal(sealed)

    def is_newest(self, sealed: str) -> bool:
        """Tell whether a secret was sealed under the newest key."""
        return self._seals.is_newest(sealed)

    def of_recovery_code(self, user_id: int, code: str) -> HashAndKey:
        """Return what is stored of a recovery code."""
        return self._codes.keep(in_words(user_id, code))

    def all_of_recovery_code(self, user_id: int, code: str) -> Sequence[str]:
        """Return what may be stored of a recovery code already."""
        return list(self._codes.hashes(in_words(user_id, code)))


def in_words(user_id: int, code: str) -> str:
    """Return what is hashed: a code is good for one user."""
    return f"{user_id}:{plain_recovery_code(code)}"
