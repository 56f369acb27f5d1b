"""Hashes of session cookies, made anew when a cookie comes that an older key of the server has hashed."""

from wxcloudrun.kit.written_later import WrittenLater
from wxcloudrun.secrecy.derived_keys import HashAndKey
from wxcloudrun.sessions import queries


class CookieRenewals(WrittenLater[str, HashAndKey]):
    """The newer hashes, by session."""

    def __init__(self) -> None:
        super().__init__(queries.renew_hashes_of_cookies)
