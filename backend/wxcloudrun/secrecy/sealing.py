"""Texts that the service has to read again itself: encrypted and authenticated, under a key of the server."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from wxcloudrun.secrecy.derived_keys import KeyRing


class Sealing:
    """Seals under the newest key of a ring, and opens what any of them has sealed.

    Who has none of the keys can neither read what is sealed nor make something that opens.
    """

    def __init__(self, ring: KeyRing) -> None:
        seals = [Fernet(base64.urlsafe_b64encode(key.value)) for key in ring.accepted]
        self._newest, self._all = seals[0], MultiFernet(seals)
        self.newest_name = ring.newest.name
        self.names = tuple(key.name for key in ring.accepted)

    def seal(self, text: str) -> str:
        """Return what is stored of a text."""
        return self._newest.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """Return the text; None if no key of the ring has sealed it."""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def is_newest(self, sealed: str) -> bool:
        """Tell whether the newest key has sealed it."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True
