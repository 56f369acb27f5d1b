"""How often somebody may try: the limits on logins, sign-ups and refreshes, and the log of refusals.

The rules, and why nobody can lock somebody else out, stand in docs/decisions/0100.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from wxcloudrun.attempts import queries
from wxcloudrun.attempts.events import LOGIN_REFUSED
from wxcloudrun.attempts.models import KnownAddress
from wxcloudrun.attempts.rules import DeviceCookies, Meter
from wxcloudrun.kit import clock
from wxcloudrun.kit.db import Transaction, atomically, reading
from wxcloudrun.kit.errors import Forbidden, Unauthorized
from wxcloudrun.kit.events import Subject, announce
from wxcloudrun.kit.security import Actor
from wxcloudrun.kit.texts import text
from wxcloudrun.net.addresses import UNKNOWN, client_group
from wxcloudrun.stores.limits.port import Counter, RateCounters, RateLimit, Tally, is_milestone

TOO_MANY_FAILURES = text("too many failed logins; wait, then try again")
TOO_MANY_MAILS = text("too many mails to this e-mail address; wait, then try again")
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
    mail: RateLimit
    mail_account: RateLimit  # mails to one address, whoever asks for them


@dataclass(slots=True)
class Attempt:
    """One try to get in; a failure until somebody says otherwise."""

    succeeded: bool = False


class LimitPassed(Exception):
    """A counter has gone too far."""

    def __init__(self, meter: Meter, tally: Tally) -> None:
        super().__init__(meter.counter.key)
        self.meter = meter
        self.refusal = meter.limit.refusal(tally, TOO_MANY_FAILURES)


class Counted:
    """What has been counted of one try."""

    def __init__(self, counters: RateCounters) -> None:
        self._shared = counters
        self._counters: list[Counter] = []
        self._numbers: list[int] = []

    def hit(self, meters: Sequence[Meter]) -> list[Tally]:
        """Count the try on each."""
        counters = [meter.counter for meter in meters]
        tallies = self._shared.hit(counters)
        self._counters += counters
        self._numbers.append(tallies[0].hits)
        return tallies

    def hit_within(self, meters: Sequence[Meter], *, total: Tally | None = None) -> None:
        """Count the try on each. Raises LimitPassed.

        The first try of the `total` was not counted here. It may have been one of these, and is taken for
        one; of tries at the same moment nobody knows which was counted first.
        """
        for meter, tally in zip(meters, self.hit(meters), strict=True):
            missed = total is not None and total.hits > tally.hits
            if meter.limit.is_passed_by(Tally(tally.hits + missed, tally.seconds_left)):
                raise LimitPassed(meter, tally)

    def noted_number(self) -> int:
        """Return which failure this was, by a counter that makes it worth an entry, 0 if none does.

        By the first counter, of the network or of the device, that is the first one already.
        """
        first, *others = self._numbers
        return max(
            (each for each in (first, *others) if is_milestone(each) and (each > 1 or each == first)),
            default=0,
        )

    def take_back(self) -> None:
        """Undo it everywhere."""
        self._shared.take_back(self._counters)


class LoginGuard:
    """Counts tries before they are made, and takes those back that succeed.

    Counting first means that of a hundred tries at the same moment no more pass than one after another.
    """

    def __init__(self, *, counters: RateCounters, limits: LoginLimits, devices: DeviceCookies) -> None:
        self._counters = counters
        self._limits = limits
        self._devices = devices

    @contextmanager
    def attempt(
        self, actor: Actor, account: str, *, user_id: int | None, devices_since: datetime | None = None
    ) -> Iterator[Attempt]:
        """Let one try at `account` happen inside the block. Raises TooManyRequests.

        Cookies of devices from before `devices_since` are none.
        Failures and refusals are logged: the first, the tenth, the hundredth of a counter and so on.
        """
        counted = Counted(self._counters)
        try:
            if not self._count_device(counted, actor, account, devices_since):
                self._count_network(counted, actor, account, user_id)
        except LimitPassed as passed:
            self._note(actor, user_id, passed.meter, why="limit")
            raise passed.refusal from None
        attempt = Attempt()
        try:
            yield attempt
        except BaseException:  # nobody has learned whether the password was right
            counted.take_back()
            raise
        if attempt.succeeded:
            counted.take_back()
        elif number := counted.noted_number():
            note_refusal(actor, user_id, number, why="credentials")

    def device_cookie(self, account: str) -> str:
        """Return the cookie for a device from which somebody has just logged in to an account."""
        return self._devices.issue(account, clock.now())

    def count_registration(self, actor: Actor) -> None:
        """Count a sign-up, whether it succeeds or not: each one tells if an address is taken."""
        self._count("register", self._limits.register, actor)

    def count_refresh(self, actor: Actor) -> None:
        """Count an exchange of a refresh token."""
        self._count("refresh", self._limits.refresh, actor)

    def count_mail(self, actor: Actor, email: str) -> None:
        """Count a mail that somebody wants sent to an address, whether anybody has that or not."""
        self._count("mail", self._limits.mail, actor)
        meter = Meter.of("mail-account", self._limits.mail_account, email)
        [tally] = self._counters.hit([meter.counter])
        meter.limit.refuse_if_passed(tally, TOO_MANY_MAILS)

    def count_mailed_token(self, actor: Actor) -> None:
        """Count a token that somebody says was mailed to them."""
        self._count("mailed-token", self._limits.address, actor)

    def count_web_login(self, actor: Actor) -> None:
        """Count a machine that asks to be given a key by somebody in a browser."""
        self._count("web-login", self._limits.address, actor)

    @contextmanager
    def wechat_attempt(self, actor: Actor) -> Iterator[None]:
        """Let one login by WeChat happen inside the block; what WeChat or we refuse is logged."""
        self._count("wechat", self._limits.wechat, actor)
        try:
            yield
        except (Unauthorized, Forbidden):
            meter = Meter.of("wechat", self._limits.wechat, self.network_of(actor))
            self._note(actor, None, meter, why="wechat")
            raise

    def network_of(self, actor: Actor) -> str:
        """Return what counts as one client."""
        return client_group(actor.address or UNKNOWN)

    def _count(self, kind: str, limit: RateLimit, actor: Actor) -> Tally:
        return count_request(self._counters, kind, limit, actor)

    def _count_device(self, counted: Counted, actor: Actor, account: str, since: datetime | None) -> bool:
        """Count a try from a device of the account's owner; False if it is none, or has failed too often."""
        device = self._devices.device(actor.device_cookie, account, clock.now(), since=since)
        if device is None:
            return False
        meters = [
            Meter.of("login-device", self._limits.login, device),
            Meter.of("login-device-account", self._limits.account, device),  # the windows may be as long
        ]
        tallies = counted.hit(meters)
        return not any(meter.limit.is_passed_by(tally) for meter, tally in zip(meters, tallies, strict=True))

    def _count_network(self, counted: Counted, actor: Actor, account: str, user_id: int | None) -> None:
        """Count a try from somewhere. Raises LimitPassed.

        The networks come first: what they refuse leaves no counter for the account that was tried.
        """
        address = actor.address or UNKNOWN
        counted.hit_within(Meter.by_network("login-address", self._limits.address, address))
        everywhere = Meter.of("login-account", self._limits.account, account)
        [total] = counted.hit([everywhere])
        if total.hits > 1:  # one try at an account takes one counter, so that trying many takes few
            near = Meter.by_network("login", self._limits.login, address, account)
            counted.hit_within(near, total=total)
        if everywhere.limit.is_passed_by(total):
            self._refuse_under_attack(counted, actor, account, user_id)

    def _refuse_under_attack(self, counted: Counted, actor: Actor, account: str, user_id: int | None) -> None:
        """Refuse a second try from unknown networks while an account is being attacked."""
        one = RateLimit(1, self._limits.account.seconds)
        strikes = Meter.by_network("login-strikes", one, actor.address or UNKNOWN, account)
        try:
            counted.hit_within(strikes)
        except LimitPassed:
            if not is_known(user_id or 0, self.network_of(actor)):
                raise

    def _note(self, actor: Actor, user_id: int | None, meter: Meter, *, why: str) -> None:
        """Count refusals by the counter of what was refused, and log some of them."""
        [tally] = self._counters.hit([Counter.of("refused", meter.limit, meter.counter.key)])
        if is_milestone(tally.hits):
            note_refusal(actor, user_id, tally.hits, why=why)


def count_request(counters: RateCounters, kind: str, limit: RateLimit, actor: Actor) -> Tally:
    """Count a request of one kind by where it comes from. Raises TooManyRequests."""
    meters = Meter.by_network(kind, limit, actor.address or UNKNOWN)
    tallies = counters.hit([meter.counter for meter in meters])
    for meter, tally in zip(meters, tallies, strict=True):
        meter.limit.refuse_if_passed(tally, TOO_MANY_REQUESTS)
    return tallies[0]


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


def note_refusal(actor: Actor, user_id: int | None, number: int, *, why: str) -> None:
    """Log a refusal, with its number.

    What was typed as the account is not logged; people type their password there.
    """
    account = "unknown" if user_id is None else str(user_id)
    state = {"failures": number, "why": why}
    atomically(lambda tx: announce(tx, actor, LOGIN_REFUSED, Subject(f"user/{account}"), after=state))
