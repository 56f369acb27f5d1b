"""Which addresses belong to the public internet."""

import ipaddress

import pytest

from wxcloudrun.net.addresses import is_public
from wxcloudrun.net.special_addresses import IPV4, IPV6


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
        "64:ff9b:1::808:808", "::8.8.8.8", "2606:4700:4700:0:0:5efe:808:808", "2606:4700::200:5efe:a00:1",
        "192.0.0.9", "192.88.99.1", "3fff::1", "5f00::1", "100:0:0:1::1", "2001:20::1", "4000::1",
        "localhost", "", "1", "0x7f.1", "127.1", "8.8.8.8:80",
    ],
)  # fmt: skip
def test_these_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("row", [*IPV4, *IPV6])
def test_no_address_of_a_special_block_is_public(row: str) -> None:
    network = ipaddress.ip_network(row)

    middle = network[network.num_addresses // 2]
    assert not any(is_public(str(each)) for each in (network[0], middle, network[-1]))


@pytest.mark.parametrize(
    "address",
    [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
        "192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
        "198.20.0.0", "223.255.255.255",
        "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "3ffe:ffff::1", "3fff:1000::1",
    ],
)  # fmt: skip
def test_what_lies_beside_a_special_block_is_public(address: str) -> None:
    assert is_public(address)
