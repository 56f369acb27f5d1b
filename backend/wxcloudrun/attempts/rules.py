"""What is counted of a try, and the cookie by which a device is known; no clock, no SQL."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from wxcloudrun.net.addresses import client_networks
from wxcloudrun.secrecy.derived_keys import KeyRing
from wxcloudrun.stores.limits.port import Counter, RateLimit

DEVICE_LIFETIME = timedelta(days=90)
MAX_COOKIE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Meter:
    """A counter, and how far it may go."""

    counter: Counter
    limit: RateLimit

    @classmethod
    def of(cls, kind: str, limit: RateLimit, *subject: str) -> Self:
        """Return the meter of one kind of event for one subject."""
        return cls(Counter.of(kind, limit, *subject), limit)

    @classmethod
    def by_network(cls, kind: str, limit: RateLimit, address: str, *subject: str) -> list[Self]:
        """Return the meters for each network that a client may choose its address from, smallest first."""
        return [
            cls(Counter.of(kind, limit, *subject, network), limit.times(factor))
            for network, factor in client_networks(address)
        ]


class DeviceCookies:
    """Cookies that say: somebody has logged in to this account from this device.

    They open nothing. Tries from such a device are counted by themselves, so what strangers do holds nobody
    up who has one, and who has stolen one has the tries of one device.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def issue(self, account: str, now: datetime) -> str:
        """Return a new cookie for an account."""
        device, ends = secrets.token_hex(16), int((now + DEVICE_LIFETIME).timestamp())
        return f"{device}.{ends}.{self._ring.newest.hash(said(device, str(ends), account))}"

    def device(
        self, cookie: str | None, account: str, now: datetime, *, since: datetime | None
    ) -> str | None:
        """Return which device a cookie is of, None if it is not valid for this account.

        Those from before `since` are not.
        """
        if cookie is None or len(cookie) > MAX_COOKIE_LENGTH or not cookie.isascii():
            return None
        device, _, rest = cookie.partition(".")
        ends, _, mac = rest.partition(".")
        if not self._ring.fits(said(device, ends, account), mac):
            return None
        issued = int(ends) - DEVICE_LIFETIME.total_seconds()
        is_void = since is not None and issued < since.timestamp()
        return None if is_void or now.timestamp() >= int(ends) else device


def said(device: str, ends: str, account: str) -> str:
    """Return what the hash in a cookie is made of."""
    whose = hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{device}.{ends}.{whose}"
