"""Who has many addresses is one who tries."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.support.apps import AppWith
from tests.support.client import Answer, ApiClient, sender
from tests.support.logins import PASSWORD, AddUser, SignedIn
from tests.support.moments import Clock
from tests.unit.attempts.test_limits import LOGIN, WRONG, try_login
from wxcloudrun.attempts.rules import DeviceCookies
from wxcloudrun.attempts.service import LoginGuard
from wxcloudrun.kit.errors import TooManyRequests
from wxcloudrun.kit.security import ANONYMOUS, DEVICE_COOKIE
from wxcloudrun.net.addresses import client_group, client_networks
from wxcloudrun.secrecy.derived_keys import Purpose, ServerKeys
from wxcloudrun.stores.limits.memory import MemoryCounters
from wxcloudrun.wiring.logins import login_limits

type Guess = Callable[[str, str], bool]


def guessing(guard: LoginGuard) -> Guess:
    """Return what tries a wrong password at an account from an address; False if that is refused unseen."""

    def attempt(account: str, address: str) -> bool:
        try:
            with guard.attempt(replace(ANONYMOUS, address=address), account, user_id=None):
                pass
        except TooManyRequests:
            return False
        return True

    return attempt


@pytest.fixture
def guess(app: Flask) -> Iterator[Guess]:
    """Guesses that are counted in memory, which is quick."""
    settings = app.extensions["settings"]
    devices = DeviceCookies(ServerKeys("s" * 32).ring(Purpose.DEVICE_COOKIES))
    with app.app_context():
        yield guessing(LoginGuard(counters=MemoryCounters(), limits=login_limits(settings), devices=devices))


@pytest.mark.parametrize(
    ("networks", "most"),
    [
        ([f"2001:db8:5::{number:x}" for number in range(30)], 10),
        ([f"2001:db8:5:{number:x}::1" for number in range(60)], 20),
        ([f"2001:db8:5:{number:x}::1" for number in range(0, 60 * 256, 256)], 40),
        ([f"192.0.2.{number}" for number in range(200)], 80),
    ],
    ids=["a /64", "a /56", "a /48", "an IPv4 /24"],
)
def test_given_guesses_from_many_addresses_of_one_network_then_its_budget_is_that_of_one_who_shares_it(
    guess: Guess, networks: list[str], most: int
) -> None:
    passed = [guess("ada@example.com", address) for address in networks]

    assert passed == [True] * most + [False] * (len(networks) - most)


def test_given_an_hour_of_guesses_from_one_company_then_few_pass_once_the_account_is_under_attack(
    guess: Guess, time: Clock
) -> None:
    passed = 0
    for minute in range(10):
        passed += sum(
            guess("ada@example.com", f"2001:db8:5:{minute:x}{number:x}::1") for number in range(16, 66)
        )
        time.advance(seconds=61)

    assert passed <= 100 + 4


def test_networks_are_told_from_the_smallest_on() -> None:
    assert client_networks("2001:db8:5:678::9") == (
        ("2001:db8:5:678::/64", 1), ("2001:db8:5:600::/56", 2), ("2001:db8:5::/48", 4), ("2001:db8::/32", 32),
    )  # fmt: skip
    assert client_networks("192.0.2.77") == (("192.0.2.77", 1), ("192.0.2.0/24", 8))
    assert client_networks("unknown") == (("unknown", 1),)
    assert client_networks("::ffff:192.0.2.77")[0][0] == client_group("192.0.2.77") == "192.0.2.77"


def device_of(app: Flask, email: str = "ada@example.com", *, password: str = PASSWORD) -> str:
    """Log in, and return the cookie that says from which device."""
    answer = app.test_client().post(LOGIN, json={"email": email, "password": password})
    [cookie] = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith(f"{DEVICE_COOKIE}=")]
    return cookie


NEW = "another long enough one"
PASSWORDS = {"current_password": PASSWORD, "new_password": NEW}
# What ends everything but a login: by the owner or an administrator, and the password that counts then.
ENDINGS: dict[str, tuple[Callable[[SignedIn, SignedIn], Answer], str]] = {
    "new password": (lambda owner, _: owner.call("PUT", "/api/v1/auth/password", PASSWORDS), NEW),
    "end": (lambda owner, _: owner.call("POST", "/api/v1/auth/end-everything", {}), PASSWORD),
    "reset": (
        lambda owner, root: root.call("PATCH", f"/api/v1/users/{owner.user_id}", {"password": NEW}),
        NEW,
    ),
}


def log_in(client: ApiClient, device: str, password: str) -> Answer:
    """Log in from a device, at the address of `try_login`."""
    return client.post(
        LOGIN,
        {"email": "ada@example.com", "password": password},
        headers={"Cookie": device.partition(";")[0]},
        environ_overrides={"REMOTE_ADDR": "192.0.2.1"},
    )


class TestDevices:
    def test_given_a_proxy_that_hides_all_addresses_then_the_owner_gets_in_from_their_device(
        self, app: Flask, client: ApiClient, add_user: AddUser
    ) -> None:
        add_user()
        device = device_of(app)
        for _ in range(11):
            try_login(client, WRONG)

        assert try_login(client).status == 429
        assert log_in(client, device, PASSWORD).status == 200

    def test_given_guesses_from_a_device_then_they_are_counted_by_themselves(
        self, app: Flask, client: ApiClient, add_user: AddUser
    ) -> None:
        add_user()
        device = device_of(app)

        from_device = [log_in(client, device, WRONG).status for _ in range(21)]
        elsewhere = try_login(client, at="198.51.100.1").status

        assert from_device == [401] * 20 + [429], "ten as a device, and ten as anybody"
        assert elsewhere == 200

    def test_given_limits_of_the_same_window_then_a_guess_from_a_device_counts_once(
        self, app_with: AppWith
    ) -> None:
        app = app_with(RATELIMIT_LOGIN="10/hour", RATELIMIT_LOGIN_ACCOUNT="100/hour")
        client = ApiClient(sender(app))
        client.post("/api/v1/auth/register", {"email": "ada@example.com", "password": PASSWORD}).ok()
        device = device_of(app)

        from_device = [log_in(client, device, WRONG).status for _ in range(21)]

        assert from_device == [401] * 20 + [429], "ten as a device, and ten as anybody"

    def test_given_the_cookie_of_another_account_then_it_counts_for_nothing(
        self, app: Flask, client: ApiClient, add_user: AddUser
    ) -> None:
        add_user()
        add_user("grace@example.com")
        device = device_of(app, "grace@example.com")
        for _ in range(10):
            try_login(client, WRONG)

        assert log_in(client, device, PASSWORD).status == 429

    @pytest.mark.same_everywhere
    def test_it_ends_and_nobody_else_makes_one(self, time: Clock) -> None:
        cookies, others = (
            DeviceCookies(ServerKeys(secret).ring(Purpose.DEVICE_COOKIES)) for secret in ("one", "another")
        )
        cookie = cookies.issue("ada", time.now())

        device = cookies.device(cookie, "ada", time.now(), since=None)
        spoiled = ["", "a", "a.b.c", "é.1.x", cookie[:-1], "x" * 5000, others.issue("ada", time.now()), None]

        assert device == cookie.partition(".")[0]
        found = [cookies.device(each, "ada", time.now(), since=None) for each in spoiled]
        assert found == [None] * len(spoiled)
        time.advance(days=91)
        assert cookies.device(cookie, "ada", time.now(), since=None) is None

    @pytest.mark.parametrize("way", ENDINGS)
    def test_given_an_end_of_everything_then_devices_from_before_are_none(
        self, app: Flask, client: ApiClient, ada: SignedIn, root: SignedIn, time: Clock, way: str
    ) -> None:
        end, password = ENDINGS[way]
        of_a_thief = device_of(app)
        time.advance(seconds=2)

        assert end(ada, root).status < 300
        time.advance(seconds=2)
        fresh = device_of(app, password=password)
        for _ in range(10):
            try_login(client, WRONG)

        assert log_in(client, of_a_thief, password).status == 429
        assert log_in(client, fresh, password).status == 200

    def test_it_is_a_cookie_for_the_ways_in_alone(self, app: Flask, add_user: AddUser) -> None:
        add_user()

        said = set(device_of(app).split("; "))

        assert {"HttpOnly", "SameSite=Strict", "Path=/api/v1/auth", "Max-Age=7776000"} <= said
