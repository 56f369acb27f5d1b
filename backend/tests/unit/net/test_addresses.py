"""Which addresses belong to the public internet."""

import pytest

from wxcloudrun.net.addresses import is_public


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2001:4860:4860::8888"]
)
def test_these_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "fec0::1",
        "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:10.0.0.1",  # IPv4 written as IPv6
        "64:ff9b::7f00:1", "64:ff9b::808:808",  # NAT64
        "2002:7f00:1::1", "2002:808:808::1",  # 6to4
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
        "localhost", "", "1", "0x7f.1", "127.1", "8.8.8.8:80",
    ],
)  # fmt: skip
def test_these_are_not(address: str) -> None:
    assert not is_public(address)
