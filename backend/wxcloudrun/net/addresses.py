"""Network addresses as texts: one spelling for each, and the group that one client can choose from."""

import ipaddress
from functools import lru_cache

from wxcloudrun.net.special_addresses import is_special

UNKNOWN = "unknown"
CLIENT_IPV6_PREFIX = 64  # the smallest network that a customer gets; all of it is one client


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
