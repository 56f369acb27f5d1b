"""The Host field of a request (RFC 9112 section 3.2): one, and well-formed."""

import ipaddress
import re
from collections.abc import Iterable

from wxcloudrun.kit.errors import Malformed
from wxcloudrun.kit.texts import text

# RFC 3986 section 3.2.2: reg-name, which IPv4 addresses are too, or an address in brackets. The name of
# an http URI is never empty (RFC 9110 section 4.2.1).
AUTHORITY = re.compile(
    r"(?:(?P<name>(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)|\[(?P<address>[^\[\]]+)\])(?::(?P<port>[0-9]*))?"
)
FUTURE_ADDRESS = re.compile(r"[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+")
MAX_PORT = 65_535


def check_host(version: tuple[int, int], headers: Iterable[tuple[str, str]]) -> None:
    """Return if the request names its host as it must. `headers` have upper-case names.

    Raises Malformed for HTTP/1.1 without Host, and for a Host that is none or stands there twice.
    """
    hosts = [value for name, value in headers if name == "HOST"]
    if len(hosts) > 1:
        raise Malformed(text("the Host header is given more than once"))
    if not hosts and version >= (1, 1):
        raise Malformed(text("a request of HTTP/1.1 needs a Host header"))
    if hosts and not is_authority(hosts[0]):
        raise Malformed(text("the Host header must be a host name or address, with a port if need be"))


def is_authority(host: str) -> bool:
    """Tell whether this is `uri-host [":" port]`."""
    found = AUTHORITY.fullmatch(host)
    if found is None or int(found["port"] or 0) > MAX_PORT:
        return False
    return found["address"] is None or is_ip_literal(found["address"])


def is_ip_literal(address: str) -> bool:
    """Tell whether this may stand between the brackets: an IPv6 address, or one of a later version."""
    if FUTURE_ADDRESS.fullmatch(address):
        return True
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return "%" not in address  # a zone means something on one machine only (RFC 6874 writes it otherwise)
