"""The addresses that are not, or not only, those of some host on the public internet.

Rows of IANA's registries of special-purpose addresses, each with its RFC, as they stood in June 2025:
iana.org/assignments/iana-ipv4-special-registry, and iana-ipv6-special-registry beside it. What those do not
hold (multicast, site-local) stands below. The tables of Python are those of its release, and take
some rows for public that lead to a router on the way.
"""

import ipaddress
from collections.abc import Mapping
from functools import cache

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

IPV4: Mapping[str, str] = {
    "0.0.0.0/8": "this network, RFC 791",
    "10.0.0.0/8": "private use, RFC 1918",
    "100.64.0.0/10": "shared by the customers of a provider, RFC 6598",
    "127.0.0.0/8": "loopback, RFC 1122",
    "169.254.0.0/16": "link-local, RFC 3927; metadata of clouds",
    "172.16.0.0/12": "private use, RFC 1918",
    "192.0.0.0/24": "protocol assignments, RFC 6890: DS-Lite, PCP and TURN anycast, NAT64 discovery",
    "192.0.2.0/24": "documentation, RFC 5737",
    "192.31.196.0/24": "AS112, RFC 7535",
    "192.52.193.0/24": "AMT, RFC 7450",
    "192.88.99.0/24": "6to4 relays, RFC 7526",
    "192.168.0.0/16": "private use, RFC 1918",
    "192.175.48.0/24": "AS112, RFC 7534",
    "198.18.0.0/15": "benchmarking, RFC 2544",
    "198.51.100.0/24": "documentation, RFC 5737",
    "203.0.113.0/24": "documentation, RFC 5737",
    "240.0.0.0/4": "reserved, RFC 1112, with the broadcast address",
    "224.0.0.0/4": "multicast, RFC 5771",
}
IPV6: Mapping[str, str] = {
    "::1/128": "loopback, RFC 4291",
    "::/128": "unspecified, RFC 4291",
    "::ffff:0:0/96": "IPv4-mapped, RFC 4291",
    "64:ff9b::/96": "NAT64, RFC 6052",
    "64:ff9b:1::/48": "NAT64 of a network's own, RFC 8215",
    "100::/64": "discard only, RFC 6666",
    "100:0:0:1::/64": "dummy prefix, RFC 9780",
    "2001::/23": "protocol assignments, RFC 2928: Teredo, PCP and TURN anycast, benchmarking, ORCHID, drones",
    "2001:db8::/32": "documentation, RFC 3849",
    "2002::/16": "6to4, RFC 3056",
    "2620:4f:8000::/48": "AS112, RFC 7534",
    "3fff::/20": "documentation, RFC 9637",
    "5f00::/16": "segment routing, RFC 9602",
    "fc00::/7": "unique local, RFC 4193",
    "fe80::/10": "link-local, RFC 4291",
    "::/96": "IPv4-compatible, RFC 4291",
    "fec0::/10": "site-local, RFC 3879",
    "ff00::/8": "multicast, RFC 4291",
}
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that was ever given out, RFC 4291
# The upper half of an interface, with IPv4 in the lower, RFC 5214.
ISATAP = frozenset({0x00005EFE, 0x02005EFE})


@cache
def networks() -> tuple[Network, ...]:
    """Return the blocks of both tables."""
    return tuple(ipaddress.ip_network(row) for row in (*IPV4, *IPV6))


def is_special(address: Address) -> bool:
    """Tell whether an address is anything but that of a host on the public internet.

    One that is a spelling of an IPv4 address, or a tunnel to one, is special too, whatever that is: where
    such a packet ends up cannot be checked.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None or address not in GLOBAL_UNICAST:
            return True
        if int(address) >> 32 & 0xFFFF_FFFF in ISATAP:
            return True
    return any(address in network for network in networks() if network.version == address.version)
