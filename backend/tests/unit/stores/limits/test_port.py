"""How limits are written, and how subjects are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxcloudrun.kit import texts
from wxcloudrun.kit.errors import TooManyRequests
from wxcloudrun.net.addresses import canonical_address, client_group
from wxcloudrun.stores.limits.port import Counter, RateLimit, Tally


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("10/minute", RateLimit(10, 60)),
        (" 5 / second ", RateLimit(5, 1)),
        ("20/hour", RateLimit(20, 3600)),
        ("1/day", RateLimit(1, 86_400)),
        ("off", RateLimit(None)),
    ],
)
def test_a_limit_is_read_as_it_is_written(text: str, limit: RateLimit) -> None:
    assert RateLimit.parse(text) == limit


@pytest.mark.parametrize(
    "text", ["", "10", "0/minute", "-1/minute", "10/week", "10/minutes", "x/minute", "1.5/day"]
)
def test_what_is_no_limit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="10/minute"):
        RateLimit.parse(text)


SLOW_DOWN = texts.text("slow down")


def test_a_limit_is_passed_by_one_more_than_it_allows() -> None:
    limit = RateLimit(3, 60)

    limit.refuse_if_passed(Tally(3, 20), SLOW_DOWN)
    with pytest.raises(TooManyRequests) as refused:
        limit.refuse_if_passed(Tally(4, 20), SLOW_DOWN)

    assert refused.value.headers == {"Retry-After": "20"}
    assert refused.value.facts == {"limit": 3, "window_seconds": 60, "retry_after": 20}


def test_no_limit_is_never_passed() -> None:
    RateLimit(None).refuse_if_passed(Tally(10**9, 1), SLOW_DOWN)


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_different_subjects_never_share_a_counter(one: list[str], other: list[str]) -> None:
    limit = RateLimit(1, 60)
    joined = ["\0" in text for text in one + other]

    same = Counter.of("login", limit, *one) == Counter.of("login", limit, *other)

    assert same == (one == other) or any(joined) or [] in (one, other)
    assert len(Counter.of("login-account", RateLimit(1, 86_400), *one).key) <= 80


@pytest.mark.parametrize(
    ("written", "address", "group"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("[2001:db8::1]:443", "2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("unknown", "unknown", "unknown"),
        ("_hidden", "unknown", "unknown"),
        ("", "unknown", "unknown"),
        (None, "unknown", "unknown"),
        ("1.2.3.4.5", "unknown", "unknown"),
        ("x" * 1000, "unknown", "unknown"),
    ],
)
def test_an_address_has_one_spelling_and_one_group(written: str | None, address: str, group: str) -> None:
    assert canonical_address(written) == address
    assert client_group(address) == group
