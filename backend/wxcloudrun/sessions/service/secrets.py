"""What cookies and refresh tokens look like, and the hashes under which they are stored."""

from wxcloudrun.kit import ids

REFRESH_PREFIX = "wxrt_"


class SessionHashes:
    """Keyed hashes under the server's secret; no two kinds of secret share a hash."""

    def __init__(self, server_secret: str) -> None:
        self._server_secret = server_secret

    def of_cookie(self, cookie: str) -> str:
        """Return what is stored of a session cookie."""
        return ids.keyed_hash(f"cookie:{cookie}", key=self._server_secret)

    def of_refresh_token(self, token: str) -> str:
        """Return what is stored of a refresh token."""
        return ids.keyed_hash(f"refresh:{token}", key=self._server_secret)

    def successor_of(self, refresh_token: str) -> str:
        """Return the refresh token that follows `refresh_token`, the same one each time.

        It can be given again without having been stored; nobody without the server's secret can
        derive it, not even with all that is stored.
        """
        return REFRESH_PREFIX + ids.keyed_hash(f"successor:{refresh_token}", key=self._server_secret)
