"""How often somebody may try: the limits on logins, sign-ups and refreshes, and the log of refusals.

The rules, and why nobody can lock somebody else out, stand in docs/decisions/0021.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from wxcloudrun.attempts import queries
from wxcloudrun.attempts.events import LOGIN_REFUSED
from wxcloudrun.attempts.models import KnownAddress
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Forbidden, TooManyRequests, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.net.addresses import UNKNOWN, client_group
from wxcloudrun.stores.limits.port import Counter, RateCounters, RateLimit, Tally

TOO_MANY_FAILURES = text("too many failed logins; wait, then try again")
TOO_MANY_REQUESTS = text("too many requests from your address; wait, then try again")


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """How many failures there may be, and how many requests of the other kinds from one address."""

    login: RateLimit  # failures at one account from one address
    account: RateLimit  # failures at one account from everywhere
    address: RateLimit  # failures at any account from one address
    register: RateLimit
    wechat: RateLimit
    refresh: RateLimit


@dataclass(slots=True)
class Attempt:
    """One try to get in; a failure until somebody says otherwise."""

    succeeded: bool = False


class LoginGuard:
    """Counts tries before they are made, and takes those back that succeed.

    Counting first means that of a hundred tries at the same moment no more pass than one after another.
    """

    def __init__(self, *, counters: RateCounters, limits: LoginLimits) -> None:
        self._counters = counters
        self._limits = limits

    @contextmanager
    def attempt(self, actor: Actor, account: str, *, user_id: int | None) -> Iterator[Attempt]:
        """Let one try at `account` happen inside the block. Raises TooManyRequests.

        A failure is logged: the first, the tenth, the hundredth … of a window, with their number.
        """
        network = self.network_of(actor)
        near = [
            Counter.of("login", self._limits.login, account, network),
            Counter.of("login-address", self._limits.address, network),
        ]
        far = [
            Counter.of("login-account", self._limits.account, account),
            Counter.of("login-strikes", self._limits.account, account, network),
        ]
        here, from_address = self._counters.hit(near)
        try:
            self._limits.login.refuse_if_passed(here, TOO_MANY_FAILURES)
            self._limits.address.refuse_if_passed(from_address, TOO_MANY_FAILURES)
            everywhere, strikes = self._counters.hit(far)
            self._refuse_under_attack(everywhere, strikes, user_id, network)
        except TooManyRequests:
            note_refusal(actor, user_id, here, why="limit")
            raise
        attempt = Attempt()
        try:
            yield attempt
        except BaseException:  # nobody has learned whether the password was right
            self._counters.take_back([*near, *far])
            raise
        if attempt.succeeded:
            self._counters.take_back([*near, *far])
        else:
            note_refusal(actor, user_id, here, why="credentials")

    def count_registration(self, actor: Actor) -> None:
        """Count a sign-up, whether it succeeds or not: each one tells if an address is taken."""
        self._count("register", self._limits.register, actor)

    def count_refresh(self, actor: Actor) -> None:
        """Count an exchange of a refresh token."""
        self._count("refresh", self._limits.refresh, actor)

    @contextmanager
    def wechat_attempt(self, actor: Actor) -> Iterator[None]:
        """Let one login by WeChat happen inside the block; what WeChat or we refuse is logged."""
        tally = self._count("wechat", self._limits.wechat, actor)
        try:
            yield
        except (Unauthorized, Forbidden):
            note_refusal(actor, None, tally, why="wechat")
            raise

    def network_of(self, actor: Actor) -> str:
        """Return what counts as one client."""
        return client_group(actor.address or UNKNOWN)

    def _count(self, kind: str, limit: RateLimit, actor: Actor) -> Tally:
        [tally] = self._counters.hit([Counter.of(kind, limit, self.network_of(actor))])
        limit.refuse_if_passed(tally, TOO_MANY_REQUESTS)
        return tally

    def _refuse_under_attack(
        self, everywhere: Tally, strikes: Tally, user_id: int | None, network: str
    ) -> None:
        """Refuse a second try from an unknown network while an account is being attacked."""
        is_first_here = strikes.hits == 1
        if is_first_here or not self._limits.account.is_passed_by(everywhere):
            return
        if not is_known(user_id or 0, network):
            raise self._limits.account.refusal(everywhere, TOO_MANY_FAILURES)


def is_known(user_id: int, network: str) -> bool:
    """Tell whether that user has logged in from there before."""
    with reading() as session:
        return queries.known_address(session, user_id, network) is not None


def note_address(tx: Transaction, user_id: int, network: str, now: datetime) -> None:
    """Remember that somebody got in from there."""
    known = queries.known_address(tx.session, user_id, network)
    if known is None:
        tx.session.add(KnownAddress(user_id=user_id, network=network, last_seen_at=now))
    else:
        known.last_seen_at = now


def note_refusal(actor: Actor, user_id: int | None, tally: Tally, *, why: str) -> None:
    """Log a refusal if its number in the window is a power of ten: a flood leaves a handful of entries.

    What was typed as the account is not logged; people type their password there.
    """
    if str(tally.hits).strip("0") != "1":
        return
    account = "unknown" if user_id is None else str(user_id)
    state = {"failures": tally.hits, "why": why}
    atomically(lambda tx: announce(tx, actor, LOGIN_REFUSED, Subject(f"user/{account}"), after=state))
