"""What API keys look like, and the hash under which they are stored."""

from wxcloudrun.secrecy.derived_keys import HashAndKey, KeyRing

KEY_PREFIX = "wxr_"  # by which people and secret scanners recognise an API key
SHOWN_CHARACTERS = 8


def prefix_of_key(key: str) -> str:
    """Return the part of an API key that is shown in lists; it leaves more than 200 bits unknown."""
    return key[: len(KEY_PREFIX) + SHOWN_CHARACTERS]


class KeyHashes:
    """Keyed hashes under a key of the server."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def of_key(self, key: str) -> HashAndKey:
        """Return what is stored of an API key."""
        return self._ring.keep(key)

    def fits(self, key: str, kept: str) -> bool:
        """Tell whether `kept` was stored of that key."""
        return self._ring.fits(key, kept)

    def is_outdated(self, key_name: str | None) -> bool:
        """Tell whether a hash that was made with the key of that name is to be made anew."""
        return key_name != self._ring.newest.name
