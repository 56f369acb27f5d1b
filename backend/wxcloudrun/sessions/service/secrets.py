"""What cookies and refresh tokens look like, and the hashes under which they are stored."""

from collections.abc import Sequence

from wxcloudrun.secrecy.derived_keys import HashAndKey, Purpose, ServerKeys

REFRESH_PREFIX = "wxrt_"


class SessionHashes:
    """Keyed hashes, each kind under a key of its own."""

    def __init__(self, keys: ServerKeys) -> None:
        self._cookies = keys.ring(Purpose.COOKIES)
        self._refresh_tokens = keys.ring(Purpose.REFRESH_TOKENS)
        self._successors = keys.ring(Purpose.REFRESH_SUCCESSORS)

    def of_cookie(self, cookie: str) -> HashAndKey:
        """Return what is stored of a session cookie."""
        return self._cookies.keep(in_words("cookie", cookie))

    def all_of_cookie(self, cookie: str) -> Sequence[str]:
        """Return what may be stored of a session cookie already."""
        return list(self._cookies.hashes(in_words("cookie", cookie)))

    def is_outdated(self, key_name: str | None) -> bool:
        """Tell whether the hash of a cookie that was made with the key of that name is to be made anew."""
        return key_name != self._cookies.newest.name

    def of_refresh_token(self, token: str) -> HashAndKey:
        """Return what is stored of a refresh token."""
        return self._refresh_tokens.keep(in_words("refresh", token))

    def all_of_refresh_token(self, token: str) -> Sequence[str]:
        """Return what may be stored of a refresh token already."""
        return list(self._refresh_tokens.hashes(in_words("refresh", token)))

    def successor_of(self, refresh_token: str, kept: str) -> str:
        """Return the refresh token that follows the one of which `kept` is stored, the same one each time.

        It can be given again without having been stored, also when the server's secret has changed since;
        nobody without that can derive it, not even with all that is stored.
        """
        place = self.all_of_refresh_token(refresh_token).index(kept)
        successor = self._successors.accepted[place].hash(in_words("successor", refresh_token))
        return REFRESH_PREFIX + successor


def in_words(kind: str, secret: str) -> str:
    """Return what is hashed: when all kinds had one key, the word kept them apart."""
    return f"{kind}:{secret}"
