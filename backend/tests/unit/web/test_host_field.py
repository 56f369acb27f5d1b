"""What a Host header may be (RFC 9112 section 3.2, RFC 3986 section 3.2.2)."""

import pytest

from wxcloudrun.kit.errors import Malformed
from wxcloudrun.web.host_field import check_host

GOOD = [
    "registry.example.com", "registry.example.com:8443", "localhost", "localhost:", "127.0.0.1:8080", "[::1]",
    "[::1]:8080", "[2001:db8::7]:443", "[::ffff:1.2.3.4]", "[v1.a:b]",
    "under_score", "a.b.", "%41.example", "a~b",
]  # fmt: skip
BAD = [
    "", " ", "a b", "a,b c", "http://a", "a/b", "a?b", "a#b", "user@host", "a:b", "a:1:2", "::1",
    "[::1", "::1]",
    "[]", "[a]", "[::1%eth0]", "[::1]x", "[::1]:x", "a:65536", "a:99999999999999999999",
    "ä.example", "%4.example",
    "a\\b", "a<b", 'a"b', ":80", "a\tb",
]  # fmt: skip


@pytest.mark.parametrize("host", GOOD)
@pytest.mark.parametrize("version", [(1, 0), (1, 1)])
def test_given_a_good_host_then_it_is_taken(version: tuple[int, int], host: str) -> None:
    check_host(version, [("ACCEPT", "*/*"), ("HOST", host)])


@pytest.mark.parametrize("host", BAD)
@pytest.mark.parametrize("version", [(1, 0), (1, 1)])
def test_given_an_ill_formed_host_then_it_is_refused(version: tuple[int, int], host: str) -> None:
    with pytest.raises(Malformed):
        check_host(version, [("HOST", host)])


def test_given_two_hosts_then_they_are_refused_even_if_equal() -> None:
    with pytest.raises(Malformed):
        check_host((1, 1), [("HOST", "a"), ("HOST", "a")])


def test_given_no_host_then_only_the_older_protocol_may() -> None:
    check_host((1, 0), [("ACCEPT", "*/*")])
    with pytest.raises(Malformed):
        check_host((1, 1), [("ACCEPT", "*/*")])
