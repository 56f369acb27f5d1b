"""What API keys look like, and the hash under which they are stored."""

from wxcloudrun.kit import ids

KEY_PREFIX = "wxr_"  # by which people and secret scanners recognise an API key
SHOWN_CHARACTERS = 8


def prefix_of_key(key: str) -> str:
    """Return the part of an API key that is shown in lists; it leaves more than 200 bits unknown."""
    return key[: len(KEY_PREFIX) + SHOWN_CHARACTERS]


class KeyHashes:
    """Keyed hashes under the server's secret."""

    def __init__(self, server_secret: str) -> None:
        self._server_secret = server_secret

    def of_key(self, key: str) -> str:
        """Return what is stored of an API key."""
        return ids.keyed_hash(key, key=self._server_secret)
