"""Credentials that stand on others: whoever presents one is who holds the other, and no more than that."""

from dataclasses import dataclass
from typing import Protocol

from wxcloudrun.kit.security import Basis


@dataclass(frozen=True, slots=True)
class Delegated:
    """What the token of an upload session says: what it opens, and with which credential that was begun."""

    upload_session: str
    user_id: int
    began_with: Basis


class UploadTokenReader(Protocol):
    """Knows what a token says that opens one upload session; a domain above this one does."""

    def read(self, token: str) -> Delegated | None:
        """Return what it says, None if the token is not ours or is over."""
