"""Network addresses as texts: one spelling for each, and the group that one client can choose from."""

import ipaddress
from functools import lru_cache

from wxcloudrun.net.special_addresses import is_special

UNKNOWN = "unknown"
CLIENT_IPV6_PREFIX = 64  # the smallest network that a customer gets; all of it is one client
IPV6_SHARES = ((56, 2), (48, 4), (32, 32))  # a home, a company, a provider (RFC 6177)
IPV4_SHARES = ((24, 8),)  # the smallest network that is routed


@lru_cache(maxsize=1024)
def canonical_address(text: str | None) -> str:
    """Return the one spelling of an IP address, without a port or zone; `unknown` if it is none.

    An IPv4 address that is written as an IPv6 one (RFC 4291 section 2.5.5.2) is the IPv4 address.
    """
    address = parsed(text or "")
    return UNKNOWN if address is None else str(address)


def client_group(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, or the /64 network of an IPv6 one."""
    found = parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, CLIENT_IPV6_PREFIX), strict=False))
    return UNKNOWN if found is None else str(found)


@lru_cache(maxsize=1024)
def client_networks(address: str) -> tuple[tuple[str, int], ...]:
    """Return the networks that one client may choose its address from, the smallest first.

    Beside each stands how many times the budget of the smallest it has: who has a large network is one client
    still, and people who share one are many. The smallest is the `client_group`.
    """
    found = parsed(address)
    if found is None:
        return ((UNKNOWN, 1),)
    shares = IPV6_SHARES if isinstance(found, ipaddress.IPv6Address) else IPV4_SHARES
    wider = [(str(ipaddress.ip_network((found, prefix), strict=False)), times) for prefix, times in shares]
    return ((client_group(address), 1), *wider)


def parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address as proxies write it: `192.0.2.1:80`, `[2001:db8::1]:443`, `fe80::1%eth0`."""
    bare = text.strip().rpartition("%")[0] or text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_public(text: str) -> bool:
    """Tell whether an address belongs to a host on the public internet; by `net/special_addresses.py`."""
    try:
        return not is_special(ipaddress.ip_address(text))
    except ValueError:
        return False
