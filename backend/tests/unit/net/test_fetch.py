"""Which URLs may be fetched, decided from their text alone."""

import pytest

from wxcloudrun.kit.errors import WrongValue
from wxcloudrun.net.fetch import AllowedHost, check_url

HOSTS = frozenset({AllowedHost("files.example.com"), AllowedHost("mirror.example.com", 8443)})


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/a.tar.gz",
        "https://files.example.com",
        "https://files.example.com:443/a",
        "https://FILES.example.com/a%20b?c=d&e=@",
        "https://mirror.example.com:8443/a",
    ],
)
def test_these_may_be_tried(url: str) -> None:
    assert check_url(url, HOSTS) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.com/a", "https://files.example.com:8443/a", "https://mirror.example.com/a",
        "https://other.example.com/a", "https://user:secret@files.example.com/a",
        "https://@files.example.com/a", "https://files.example.com.evil.example/a", "file:///etc/passwd",
        "https://files.example.com\\@evil.example/a", "https:files.example.com", "//files.example.com/a",
        "https://files.example.com/a#part", "https://files.example.com/a b", "https://127.0.0.1/a", "",
        "https://files.example.com:99999/a", "https://files.example.com/ä", "https://[::1]/a",
    ],
)  # fmt: skip
def test_these_may_not(url: str) -> None:
    with pytest.raises(WrongValue):
        check_url(url, HOSTS)


def test_without_hosts_nothing_may() -> None:
    with pytest.raises(WrongValue, match="URL_SOURCE_HOSTS"):
        check_url("https://files.example.com/a", frozenset())


class TestHosts:
    @pytest.mark.parametrize(
        ("text", "host"),
        [
            ("files.example.com", AllowedHost("files.example.com", 443)),
            ("FILES.example.com:8443", AllowedHost("files.example.com", 8443)),
            ("192.0.2.1:1", AllowedHost("192.0.2.1", 1)),
            ("[2001:db8::1]:444", AllowedHost("2001:db8::1", 444)),
        ],
    )
    def test_a_host_comes_with_the_one_port_on_which_it_may_be_called(
        self, text: str, host: AllowedHost
    ) -> None:
        assert AllowedHost.parse(text) == host

    @pytest.mark.parametrize(
        "text", ["", "https://a.example", "a.example/x", "*", "a:0", "a:70000", "a:b", "::1"]
    )
    def test_anything_else_is_no_host(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"files\.example\.com"):
            AllowedHost.parse(text)
