"""Passwords: hashed slowly on purpose, and never by everybody at once."""

import base64
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from wxcloudrun.kit import waiting
from wxcloudrun.kit.errors import Invalid, TooManyRequests, WrongValue
from wxcloudrun.kit.texts import text
from wxcloudrun.users.rules import check_own_password

# One step above the least that the OWASP password storage cheat sheet asks of argon2id.
TIME_COST = 3
MEMORY_KIB = 19_456
LANES = 1
SALT_BYTES = 16
HASH_BYTES = 32

CONCURRENT_HASHES = 2
WAIT_SECONDS = 5.0
MOST_WAITING = 6  # each of them keeps a thread


def unpadded(size: int) -> str:
    """Write that many zero bytes in base64 as encoded hashes have it."""
    return base64.b64encode(bytes(size)).decode().rstrip("=")


# Verifying against it costs what any verification costs, and no password fits.
NOBODYS_HASH = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p={LANES}${unpadded(SALT_BYTES)}${unpadded(HASH_BYTES)}"
)


class Passwords:
    """Hashes and verifies with argon2id (RFC 9106).

    Each hash takes a processor and 19 MiB for a while: a few run at a time, a few others wait for their turn
    and are sent away if it does not come, and further ones are sent away at once, so that a flood of logins
    stops nothing else.
    """

    def __init__(
        self,
        *,
        concurrent_hashes: int = CONCURRENT_HASHES,
        wait_seconds: float = WAIT_SECONDS,
        most_waiting: int = MOST_WAITING,
        service_names: Collection[str] = (),
    ) -> None:
        self._service_names = service_names
        self._hasher = PasswordHasher(
            time_cost=TIME_COST,
            memory_cost=MEMORY_KIB,
            parallelism=LANES,
            hash_len=HASH_BYTES,
            salt_len=SALT_BYTES,
            type=Type.ID,
        )
        self._waiting = threading.BoundedSemaphore(most_waiting)
        self._slots = threading.BoundedSemaphore(concurrent_hashes)
        self._wait_seconds = wait_seconds
        self._mine = threading.local()

    def hash(self, password: str) -> str:
        """Return what is stored. Raises TooManyRequests."""
        with self.turn():
            return self._hasher.hash(password)

    def hash_new(self, password: str, *names: str | None, field: str = "password") -> str:
        """Return what is stored of a new password of somebody who has these names and addresses.

        Raises Invalid for `field` if it is little more than those or the service's, TooManyRequests.
        """
        try:
            check_own_password(password, [*filter(None, names), *self._service_names])
        except WrongValue as error:
            raise Invalid.field(field, error.message) from None
        return self.hash(password)

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether `password` is the one; without a stored hash it takes as long to say no.

        Raises TooManyRequests.
        """
        with self.turn():
            try:
                return self._hasher.verify(stored or NOBODYS_HASH, password)
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, stored: str) -> bool:
        """Tell a hash that was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn; what is hashed and verified in the block by this thread waits no more.

        Raises TooManyRequests.
        """
        if getattr(self._mine, "is_on", False):
            yield
            return
        if not (self._slots.acquire(blocking=False) or self._has_waited()):
            raise TooManyRequests(text("too many people are logging in; try again"), retry_after_seconds=1)
        self._mine.is_on = True
        try:
            yield
        finally:
            self._mine.is_on = False
            self._slots.release()

    def _has_waited(self) -> bool:
        """Wait for a slot, if not too many do that already; tell whether it came."""
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            with waiting.limited(self._wait_seconds):
                return self._slots.acquire(timeout=waiting.left())
        finally:
            self._waiting.release()
