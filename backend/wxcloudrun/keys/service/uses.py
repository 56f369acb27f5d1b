"""When each API key was last used, to the minute."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from wxcloudrun.keys import queries
from wxcloudrun.kit import clock
from wxcloudrun.kit.written_later import WrittenLater
from wxcloudrun.secrecy.derived_keys import HashAndKey

NOTED_EVERY = timedelta(minutes=1)


class KeyUses(WrittenLater[int, datetime]):
    """The uses that the database does not know of yet."""

    def __init__(self) -> None:
        super().__init__(write_uses)

    def note(self, key_id: int, last_used_at: datetime | None) -> None:
        """Remember that a key is being used, unless the database knows of a use within a minute."""
        now = clock.now()
        if last_used_at is None or abs(now - last_used_at) > NOTED_EVERY:
            self.remember(key_id, now)


def write_uses(session: Session, uses: Mapping[int, datetime]) -> None:
    """Write down when keys were used."""
    queries.note_uses_of_keys(session, uses, every=NOTED_EVERY)


class KeyRenewals(WrittenLater[int, HashAndKey]):
    """Hashes of keys, made anew with the newest key of the server, for those that an older one has made."""

    def __init__(self) -> None:
        super().__init__(queries.renew_hashes_of_keys)
